// Moderation of members: kick, ban and silence (PRES-6). The store keeps bans and silences beside the stage.
import type { UserId } from '../protocol/ids.ts';
import { accept, type Context, type Ruling, reject, stamp } from './decision.ts';
import { limits, type RoomState, roleOf } from './room.ts';
import type { StageCommandOf } from './stage-command.ts';
import type { StageEvent } from './stage-event.ts';
import { endMembership } from './stage-membership.ts';

/** Removes a member, and bans them for `banMs`. Their seat, request and invitation end in the same version. */
export function kickMember(room: RoomState, payload: StageCommandOf<'member:kick'>, context: Context): Ruling {
  const { userId, banMs } = payload;
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId });
  if (banMs > 0 && isFull(context, 'bans')) return tooMany();
  const end = banMs > 0 ? { until: context.now + banMs } : {};
  const { fence } = context.target;
  return accept([
    ...(banMs > 0 ? dismissAdmin(room, context, userId) : []),
    stamp(context, { type: 'member.kicked', userId, ...end }),
    ...endMembership(room, context, { userId, fence, reason: 'kicked', ...end }),
  ]);
}

/** Bans a user, who need not be in the room. A member also loses their membership. */
export function banMember(room: RoomState, payload: StageCommandOf<'member:ban'>, context: Context): Ruling {
  const { userId, forMs } = payload;
  if (isFull(context, 'bans')) return tooMany();
  const end = forMs === undefined ? {} : { until: context.now + forMs };
  const { target } = context;
  return accept([
    ...dismissAdmin(room, context, userId),
    stamp(context, { type: 'member.banned', userId, ...end }),
    ...(target ? endMembership(room, context, { userId, fence: target.fence, reason: 'banned', ...end }) : []),
  ]);
}

export function unbanMember({ userId }: StageCommandOf<'member:unban'>, context: Context): Ruling {
  if (!context.sanctions.isBanned) return accept([]);
  return accept([stamp(context, { type: 'member.unbanned', userId })]);
}

/** Keeps a member from writing messages, not from speaking: the microphone has its own commands. */
export function silenceMember(payload: StageCommandOf<'member:silence'>, context: Context): Ruling {
  const { userId, forMs } = payload;
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId });
  if (isFull(context, 'silences')) return tooMany();
  return accept([stamp(context, { type: 'member.silenced', userId, until: context.now + forMs })]);
}

export function unsilenceMember({ userId }: StageCommandOf<'member:unsilence'>, context: Context): Ruling {
  if (!context.sanctions.isSilenced) return accept([]);
  return accept([stamp(context, { type: 'member.unsilenced', userId })]);
}

/** A banned user does not stay an admin. */
const dismissAdmin = (room: RoomState, context: Context, userId: UserId): StageEvent[] =>
  roleOf(room, userId) === 'admin' ? [stamp(context, { type: 'admin.removed', userId })] : [];

/** A full list still accepts a new term for a user who is already on it. */
const isFull = ({ sanctions }: Context, list: 'bans' | 'silences'): boolean => {
  const isListed = list === 'bans' ? sanctions.isBanned : sanctions.isSilenced;
  return !isListed && sanctions[list] >= limits.sanctions;
};

const tooMany = (): Ruling => reject('QUEUE_FULL', { limit: limits.sanctions });

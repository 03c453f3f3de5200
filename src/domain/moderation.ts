// Moderation of members: kick, ban and silence (PRES-6). The store keeps bans and silences beside the stage.
import type { UserId } from '../protocol/ids.ts';
import { accept, type Context, type Rule, type Ruling, reject, stamp } from './decision.ts';
import { limits, type RoomState, roleOf } from './room.ts';
import type { StageEvent } from './stage-event.ts';
import { endMembership } from './stage-membership.ts';

/** Removes a member, and bans them for `banMs`. Their seat, request and invitation end in the same version. */
export const kickMember: Rule<'member:kick'> = (room, context, { userId, banMs }) => {
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId });
  if (banMs > 0 && isFull(context, 'bans')) return tooMany();
  const end = banMs > 0 ? { until: context.now + banMs } : {};
  const { fence } = context.target;
  return accept([
    ...(banMs > 0 ? dismissAdmin(room, context, userId) : []),
    stamp(context, { type: 'member.kicked', userId, ...end }),
    ...endMembership(room, context, { userId, fence, reason: 'kicked', ...end }),
  ]);
};

/** Bans a user, who need not be in the room. A member also loses their membership. */
export const banMember: Rule<'member:ban'> = (room, context, { userId, forMs }) => {
  if (isFull(context, 'bans')) return tooMany();
  const end = forMs === undefined ? {} : { until: context.now + forMs };
  const { target } = context;
  return accept([
    ...dismissAdmin(room, context, userId),
    stamp(context, { type: 'member.banned', userId, ...end }),
    ...(target ? endMembership(room, context, { userId, fence: target.fence, reason: 'banned', ...end }) : []),
  ]);
};

export const unbanMember: Rule<'member:unban'> = (_room, context, { userId }) =>
  accept(context.sanctions.isBanned ? [stamp(context, { type: 'member.unbanned', userId })] : []);

/** Keeps a member from writing messages, not from speaking: the microphone has its own commands. */
export const silenceMember: Rule<'member:silence'> = (_room, context, { userId, forMs }) => {
  if (!context.target) return reject('TARGET_NOT_FOUND', { userId });
  if (isFull(context, 'silences')) return tooMany();
  return accept([stamp(context, { type: 'member.silenced', userId, until: context.now + forMs })]);
};

export const unsilenceMember: Rule<'member:unsilence'> = (_room, context, { userId }) =>
  accept(context.sanctions.isSilenced ? [stamp(context, { type: 'member.unsilenced', userId })] : []);

/** A banned user does not stay an admin. */
const dismissAdmin = (room: RoomState, context: Context, userId: UserId): StageEvent[] =>
  roleOf(room, userId) === 'admin' ? [stamp(context, { type: 'admin.removed', userId })] : [];

/** A full list still accepts a new term for a user who is already on it. */
const isFull = ({ sanctions }: Context, list: 'bans' | 'silences'): boolean => {
  const isListed = list === 'bans' ? sanctions.isBanned : sanctions.isSilenced;
  return !isListed && sanctions[list] >= limits.sanctions;
};

const tooMany = (): Ruling => reject('QUEUE_FULL', { limit: limits.sanctions });

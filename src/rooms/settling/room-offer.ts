// What this node offers of a room when the store has lost it, or may have (SYNC-4). Must not talk to the store.
import { awayOf, heldUsers, requestOf, seatOf } from '../../domain/room.ts';
import type { KeptMessage } from '../../store/message-store.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import type { Sanctions } from '../../store/sanction-store.ts';
import type { HeldMember, Offer } from '../../store/settlement.ts';

interface Known {
  /** Members, those of this node first. */
  readonly members: readonly MemberRecord[];
  /** Null: not known yet. */
  readonly sanctions: Sanctions | null;
  readonly chat: readonly KeptMessage[];
}

export function offerOf(room: StoredRoom, { members, sanctions, chat }: Known): Offer {
  const byUser = new Map<string, MemberRecord>();
  let fence = 0;
  for (const member of members) {
    if (!byUser.has(member.userId)) byUser.set(member.userId, member);
    fence = Math.max(fence, member.fence);
  }
  for (const away of Object.values(room.state.away)) fence = Math.max(fence, away.fence);
  const held = [...heldUsers(room.state)].map((userId) => heldMember(room, userId, byUser.get(userId) ?? null));
  const { bans = null, silences = null } = sanctions ?? {};
  return { room, held, bans, silences, chat, fence };
}

/** What the stage itself says of somebody is enough to keep his place. */
function heldMember({ state }: StoredRoom, userId: string, member: MemberRecord | null): HeldMember {
  // Whoever is away has the fence that the end of his grace will name.
  const fence = awayOf(state, userId)?.fence ?? null;
  const shown = member ?? seatOf(state, userId)?.occupant ?? requestOf(state, userId);
  if (!shown) return { userId, profile: null, fence };
  const { name, avatar, rtcUid } = shown;
  const level = 'level' in shown ? shown.level : 0;
  return { userId, profile: { name, avatar, level, rtcUid }, fence };
}

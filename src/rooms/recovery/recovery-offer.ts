// What this node offers of a room when the store has lost it, or may have (SYNC-4). Must not talk to the store.
import { awayOf, requestOf, seatOf, stageUsers } from '../../domain/room.ts';
import type { KeptMessage } from '../../store/message-store.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { Offer, PinnedMember } from '../../store/room-recovery.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import type { RoomSanctions } from '../../store/sanction-store.ts';

interface Known {
  /** Members, those of this node first. */
  readonly members: readonly MemberRecord[];
  /** Null: not known yet. */
  readonly sanctions: RoomSanctions | null;
  readonly chat: readonly KeptMessage[];
  /** A number in the voice channel that nobody else is likely to have. */
  readonly freeUid: () => number;
}

export function offerOf(room: StoredRoom, { members, sanctions, chat, freeUid }: Known): Offer {
  const byUser = new Map<string, MemberRecord>();
  let fence = 0;
  for (const member of members) {
    if (!byUser.has(member.userId)) byUser.set(member.userId, member);
    fence = Math.max(fence, member.fence);
  }
  for (const away of Object.values(room.state.away)) fence = Math.max(fence, away.fence);
  const pinned = [...stageUsers(room.state)].map((userId) => {
    const known = byUser.get(userId) ?? shownOnStage(room, userId) ?? nameless(room, { userId, freeUid });
    return pinnedMember(room, userId, known);
  });
  const { bans = null, silences = null } = sanctions ?? {};
  return { room, pinned, bans, silences, chat, fence };
}

type Shown = Pick<MemberRecord, 'name' | 'avatar' | 'rtcUid'> & Partial<Pick<MemberRecord, 'level'>>;

/** What the stage itself says of somebody is enough to keep his place. */
const shownOnStage = ({ state }: StoredRoom, userId: string): Shown | null =>
  seatOf(state, userId)?.occupant ?? requestOf(state, userId);

/** Whoever is away is a member, though nobody here knew him: a grace without a member could not be ended, nor any behind it. */
const nameless = (
  { state }: StoredRoom,
  { userId, freeUid }: { userId: string; freeUid: () => number },
): Shown | null => awayOf(state, userId) && { name: userId, avatar: '', rtcUid: freeUid() };

function pinnedMember({ state }: StoredRoom, userId: string, shown: Shown | null): PinnedMember {
  if (!shown) return { userId, profile: null, fence: null };
  const { name, avatar, rtcUid, level = 0 } = shown;
  // Whoever is away has the fence that the end of his grace will name.
  return { userId, profile: { name, avatar, level, rtcUid }, fence: awayOf(state, userId)?.fence ?? null };
}

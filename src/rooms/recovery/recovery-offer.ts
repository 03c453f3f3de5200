// Builds this node's offer of a room that the store has lost, or may have (SYNC-4). Pure.
import { awayOf, requestOf, seatOf, stageUsers } from '../../domain/room.ts';
import type { KeptMessage } from '../../store/message-store.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { Offer, PinnedMember } from '../../store/room-recovery.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import type { RoomSanctions } from '../../store/sanction-store.ts';

/** What this node knows of the room beside the stage. */
interface Known {
  /** Members, those of this node first. */
  readonly members: readonly MemberRecord[];
  /** Null: not known yet. */
  readonly sanctions: RoomSanctions | null;
  readonly chat: readonly KeptMessage[];
  /** A uid in the voice channel that nobody else is likely to have. */
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
    const known = byUser.get(userId) ?? profileOnStage(room, userId) ?? standInFor(room, { userId, freeUid });
    return pinnedMember(room, userId, known);
  });
  const { bans = null, silences = null } = sanctions ?? {};
  return { room, pinned, bans, silences, chat, fence };
}

type KnownProfile = Pick<MemberRecord, 'name' | 'avatar' | 'rtcUid'> & Partial<Pick<MemberRecord, 'level'>>;

/** The profile that the stage itself has is enough to keep a user's place. */
const profileOnStage = ({ state }: StoredRoom, userId: string): KnownProfile | null =>
  seatOf(state, userId)?.occupant ?? requestOf(state, userId);

/** A user in a grace must be a member: or the sweep that ends the grace fails, and blocks all later ones. */
const standInFor = (
  { state }: StoredRoom,
  { userId, freeUid }: { userId: string; freeUid: () => number },
): KnownProfile | null => awayOf(state, userId) && { name: userId, avatar: '', rtcUid: freeUid() };

function pinnedMember({ state }: StoredRoom, userId: string, profile: KnownProfile | null): PinnedMember {
  if (!profile) return { userId, profile: null, fence: null };
  const { name, avatar, rtcUid, level = 0 } = profile;
  // The end of a grace will name this fence.
  return { userId, profile: { name, avatar, level, rtcUid }, fence: awayOf(state, userId)?.fence ?? null };
}

// Contract: decides what a room is when the store has another replication id than the room was kept under (SYNC-4).
//
// [H1] A room that lost data, or may have, is not touched before its recovery: all stores throw RecoveryRequiredError.
// [H2] For RECOVERY_WINDOW_MS from the first call copies are compared, the store's own included. The newest epoch wins,
//      and within it the highest version. The room goes on under a new epoch; versions count on. Later offers are
//      ignored.
// [H3] A copy that was validated under the present replication id is no offer: if the room is missing, it has ended.
// [H4] Pinned members of the winning copy that the store does not know are members of no node (''). A session that the
//      store has, but the winning copy's grace has ended, stays ended.
// [H5] When it is certain that nothing was lost, the store's copy wins at once.
import type { RoomId } from '../protocol/ids.ts';
import type { KeptMessage } from './message-store.ts';
import type { MemberRecord } from './presence-store.ts';
import type { StagePosition, StoredRoom } from './room-store.ts';
import type { Sanction } from './sanction-store.ts';

/** How long copies are collected. Nodes find the store again within some tenths of a second of each other. */
export const RECOVERY_WINDOW_MS = 1_000;
/** A room that is missing for less than this since the replication id changed may still be offered by its nodes. */
export const REASSERTION_MS = 3_000;
/**
 * A node that had no contact with the store for this long may not offer. Nodes that saw a room close remember it for
 * the same time (ROOM-6), so no closed room comes back.
 */
export const OFFER_MEMORY_MS = 10 * 60_000;

/** A node's copy of a room and what the node knows besides. */
export interface Offer {
  readonly room: StoredRoom;
  /** The pinned users that the node knows of. */
  readonly pinned: readonly PinnedMember[];
  /** Null: the node does not know them yet. Then those of the store hold, or of another offer. */
  readonly bans: readonly Sanction[] | null;
  readonly silences: readonly Sanction[] | null;
  /** Oldest first. */
  readonly chat: readonly KeptMessage[];
  /** The highest fence that the node has seen; later fences must be higher. */
  readonly fence: number;
}

/** What must survive of a member. */
export interface PinnedMember {
  readonly userId: string;
  /** Null: only the id is known. */
  readonly profile: Pick<MemberRecord, 'name' | 'avatar' | 'level' | 'rtcUid'> | null;
  /** The least fence of the membership, because the grace names it; null: a new one where the store has none. */
  readonly fence: number | null;
}

export type RecoveryResult =
  | { readonly status: 'recovered'; readonly room: StoredRoom }
  /** Copies are being collected: ask again after this time. */
  | { readonly status: 'recovering'; readonly waitMs: number }
  /** No node has the room. */
  | { readonly status: 'absent' };

export interface RoomRecovery {
  /** `offer` null: the caller has no copy. Throws as all methods of stores do, but never RecoveryRequiredError. */
  recover(roomId: RoomId, offer: Offer | null): Promise<RecoveryResult>;
}

/** Epochs begin with the time of their birth, in this many digits, so that they sort by age. */
const BIRTH_DIGITS = 13;

/** A name for an epoch that begins `now` (store time, Unix ms), later than `after`, the epoch before it. */
export function nameEpoch(now: number, { end, after = '' }: { readonly end: string; readonly after?: string }): string {
  const birth = Math.max(now, (Number.parseInt(after.slice(0, BIRTH_DIGITS), 10) || 0) + 1);
  return `${String(birth).padStart(BIRTH_DIGITS, '0')}-${end}`;
}

/** Whether the first position is newer: of a later epoch, or of a higher version in the same epoch. */
export const isNewer = (one: StagePosition, other: StagePosition): boolean =>
  one.epoch > other.epoch || (one.epoch === other.epoch && one.version > other.version);

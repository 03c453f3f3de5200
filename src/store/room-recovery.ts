// Contract: what becomes of a room when the store has another history than the one it was kept under (SYNC-4). Must not
// know engines.
//
// [H1] A room whose store lost history, or may have, is not touched before it is settled: everything throws UnsettledError.
// [H2] For SETTLE_MS from the first call copies are compared, the store's own included: the newest epoch wins, within it
//      the highest version. It goes on under a new epoch; versions go on counting. What is offered later is not looked at.
// [H3] Whoever validated his copy under the store's present history has nothing to offer: a room that is not there any more
//      has ended.
// [H4] Members whom the winning copy's stage refers to and the store does not know are members of no node (''). A session
//      that the store has and the winning copy's grace has spent stays spent.
// [H5] When it is certain that nothing was lost, the store's copy wins at once.
import type { RoomId } from '../protocol/ids.ts';
import type { KeptMessage } from './message-store.ts';
import type { MemberRecord } from './presence-store.ts';
import type { StoredRoom } from './room-store.ts';
import type { Sanction } from './sanction-store.ts';

/** How long copies are waited for. Nodes find the store again within some tenths of a second of each other. */
export const RECOVERY_WINDOW_MS = 1_000;
/** A room that is missing so shortly after the store's history changed may be about to be offered by those who hold it. */
export const REASSERTION_MS = 3_000;
/**
 * Who had no word from the store for so long may not offer: for as long those who saw a room close remember that (ROOM-6),
 * and no longer.
 */
export const OFFER_MEMORY_MS = 10 * 60_000;

/** A node's copy of a room and what it knows besides. */
export interface Offer {
  readonly room: StoredRoom;
  /** Those of the users whom the stage refers to whom the node can name. */
  readonly pinned: readonly PinnedMember[];
  /** Null: the node does not know them yet; what the store has, or another node offers, holds. */
  readonly bans: readonly Sanction[] | null;
  readonly silences: readonly Sanction[] | null;
  /** Oldest first. */
  readonly chat: readonly KeptMessage[];
  /** The highest fence the node has heard of: none that is given later may be lower. */
  readonly fence: number;
}

/** As much of a member as must survive; null: only his id is known. */
export interface PinnedMember {
  readonly userId: string;
  readonly profile: Pick<MemberRecord, 'name' | 'avatar' | 'level' | 'rtcUid'> | null;
  /** The fence that his membership must have at least, for his grace names it; null: a new one where the store has none. */
  readonly fence: number | null;
}

export type RecoveryResult =
  | { readonly status: 'recovered'; readonly room: StoredRoom }
  /** Copies are waited for: ask again then. */
  | { readonly status: 'recovering'; readonly waitMs: number }
  /** Nobody has the room. */
  | { readonly status: 'absent' };

export interface RoomRecovery {
  /** Null: the caller has nothing to offer. Throws as all methods of stores do, but no UnsettledError. */
  recover(roomId: RoomId, offer: Offer | null): Promise<RecoveryResult>;
}

/** How an epoch's name begins: the time of its birth, so that names sort by it. */
const BIRTH_DIGITS = 13;

/** A name for a history that begins now (store time, Unix milliseconds), later than `after` if there was one before. */
export function nameEpoch(now: number, { end, after = '' }: { readonly end: string; readonly after?: string }): string {
  const birth = Math.max(now, (Number.parseInt(after.slice(0, BIRTH_DIGITS), 10) || 0) + 1);
  return `${String(birth).padStart(BIRTH_DIGITS, '0')}-${end}`;
}

/** Whether the one position is newer than the other: of a later epoch, or further on in the same. */
export const isNewer = (
  one: { readonly epoch: string; readonly version: number },
  other: { readonly epoch: string; readonly version: number },
): boolean => one.epoch > other.epoch || (one.epoch === other.epoch && one.version > other.version);

// Contract: where the stage of each room is kept, under compare-and-set. Must not know Redis, sockets or a single rule.
//
// [S1] A commit happens whole or not at all, and only against the (epoch, version) it was decided on.
// [S2] What is committed is announced on the room's feed in version order, by the same step that keeps it (D4).
// [S3] Guards and side writes on members are part of that step: a member whose session changed since refuses it.
// [S4] An answer remembered under a command id is returned instead of executing the command again (ACK-2).
// [S5] A commit whose `now` is more than a second off the store's clock is refused: it was stuck somewhere.
// [S6] A closed room keeps its last state for 10 minutes, then it is gone (ROOM-6).

import type { RoomState } from '../domain/room.ts';
import type { StageEvent } from '../domain/stage-event.ts';
import type { RoomId, UserId } from '../protocol/ids.ts';
import type { SanctionChange } from './sanction-store.ts';

/** How far a commit's `now` may be from the store's clock, in milliseconds [S5]. */
export const CLOCK_TOLERANCE_MS = 1_000;
/** How many versions the log of a room covers at least, if the room has had so many (SYNC-2). */
export const LOG_VERSIONS = 512;
/** A turn that is this much behind is given the commits since; one that is further behind, the whole room. */
export const BEHIND_RECORDS_MAX = 64;
/** How long an answer is remembered (ACK-2). */
export const ANSWER_MEMORY_MS = 2 * 60_000;
/** The command under which a creation is remembered. */
export const CREATION = 'room:create';
/** How long a closed room can still be told from one that never was (ROOM-6). */
export const CLOSED_ROOM_TTL_MS = 10 * 60_000;
/** Lists of more sanctions than this are rid of those whose time is over before one is added. */
export const SANCTIONS_PRUNED_ABOVE = 500;
/** A room that no node has held for so long is forgotten; longer than the longest emptyMs (ROOM-9). */
export const IDLE_ROOM_TTL_MS = 25 * 60 * 60_000;

/** A room as the store has it. */
export interface StoredRoom {
  /** Names one unbroken history of the room, and sorts by the time of its birth (SYNC-4, settlement). */
  readonly epoch: string;
  /** Counts commits; goes on counting from epoch to epoch. 0 for a room just founded. */
  readonly version: number;
  /** The store's own history under which this was read or committed; settlement tells when it is another's. */
  readonly replicationId: string;
  /** The last versions that ordinary members and staff were shown (SYNC-1). */
  readonly publicVersion: number;
  readonly staffVersion: number;
  /** Grows whenever the conditions of entry change (capacity, password, closing); joins are decided against it. */
  readonly entryVersion: number;
  readonly state: RoomState;
}

/** One commit as it is kept in the log and announced to every node (SYNC-1). */
export interface CommitRecord {
  readonly epoch: string;
  readonly version: number;
  /** Names the turn that made it, so that a turn whose reply was lost finds itself in the log (D2). */
  readonly turnId: string;
  readonly at: number;
  /** The version that was last shown to ordinary members, and to staff, before this one. */
  readonly publicAfter: number;
  readonly staffAfter: number;
  readonly events: readonly StageEvent[];
}

/** Something that must not be done if it arrives more than CLOCK_TOLERANCE_MS after it was sent (LateError) [S5]. */
export interface Timed {
  /** Store time, Unix milliseconds; absent: it is never too late. */
  readonly decidedAt?: number;
}

/** Whether it is that late, by the store's clock. */
export const isStale = ({ decidedAt }: Timed, now: number): boolean =>
  decidedAt !== undefined && Math.abs(now - decidedAt) > CLOCK_TOLERANCE_MS;

/** A user's session in the room; fences only grow, so an old session can be told from a new one (PRES-2). */
export interface SessionFence {
  readonly userId: UserId;
  readonly fence: number;
}

/** What a guard expects of a user: that session, or none. */
export interface GuardedFence {
  readonly userId: UserId;
  readonly fence: number | null;
}

/** Names one command of one user: at most one effect per room and two minutes. */
export interface CommandKey {
  readonly userId: string;
  readonly commandId: string;
}

/** Null when the command was given no id: then nothing is remembered of it. */
export const keyOf = (userId: string, commandId: string | undefined): CommandKey | null =>
  commandId === undefined ? null : { userId, commandId };

/** The same as one text; `:` is no character of an id, so two keys cannot look the same. */
export const commandName = ({ userId, commandId }: CommandKey): string => `${userId}:${commandId}`;

/** What is remembered of a command that changed something. `answer` is the ack's data as JSON. */
export interface RememberedAnswer extends CommandKey {
  readonly command: string;
  readonly answer: string;
}

export interface CommitChange {
  readonly after: StoredRoom;
  readonly record: CommitRecord;
  /** Members whom the stage refers to from now on, and no longer; see presence-store [P1]. */
  readonly pin: readonly string[];
  readonly unpin: readonly string[];
  /** Bans and silences that are imposed or lifted by it. */
  readonly sanctions: readonly SanctionChange[];
  /** The room ends with this commit: so do all memberships [S6]. */
  readonly isClosing: boolean;
}

export interface Commit {
  /** What the turn was decided on. */
  readonly before: StoredRoom;
  /** Null when the turn changed nothing: then the version is only validated, so that no refusal is stale (D2). */
  readonly change: CommitChange | null;
  /** Store time by which the turn was decided, Unix milliseconds. */
  readonly now: number;
  /** Sessions that must still be what they were; null: the user must not be a member. */
  readonly guards: readonly GuardedFence[];
  /** The room must have no members (ROOM-7). */
  readonly onlyIfEmpty: boolean;
  /** Sessions that are over although the membership goes on: their fence rises by one (PRES-1). */
  readonly endedSessions: readonly SessionFence[];
  /** Memberships that end. */
  readonly removals: readonly SessionFence[];
  /** Command ids to look up before anything else. */
  readonly commandKeys: readonly CommandKey[];
  /** Answers to remember. */
  readonly answers: readonly RememberedAnswer[];
}

export type CommitResult =
  | { readonly status: 'committed' }
  /** Some of the asked ids are known: nothing was written, here are their first answers. */
  | { readonly status: 'answered'; readonly answers: readonly RememberedAnswer[] }
  /** The room is ahead of `before`, within its epoch: these are the commits since, in order. */
  | { readonly status: 'behind'; readonly records: readonly CommitRecord[] }
  /** The room is elsewhere (another epoch, or too far ahead): this is the whole of it. */
  | { readonly status: 'elsewhere'; readonly room: StoredRoom }
  /** Guards failed: the fences that these users have now, null for those who are no members. */
  | { readonly status: 'refused'; readonly fences: ReadonlyMap<string, number | null> }
  /** It had to be empty and is not. */
  | { readonly status: 'occupied' }
  /** `now` was too far off; the store's clock has been read anew. */
  | { readonly status: 'late' }
  | { readonly status: 'absent' };

export type ReadSince =
  | { readonly status: 'records'; readonly version: number; readonly records: readonly CommitRecord[] }
  | { readonly status: 'room'; readonly room: StoredRoom }
  | { readonly status: 'absent' };

/**
 * All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer, and UnsettledError where
 * the room must be settled first [H1].
 */
export interface RoomStore {
  /** Store time, Unix milliseconds: the only clock by which rooms are judged (D7). */
  now(): number;
  /** Keeps a newly founded room at version 0, and remembers the command that created it. Its `history` is the store's. */
  create(room: StoredRoom, creation: CommandKey | null): Promise<'created' | 'exists' | 'closed'>;
  /** What was answered to that command of that room, if it is remembered [S4]. */
  recall(roomId: RoomId, key: CommandKey): Promise<RememberedAnswer | null>;
  load(roomId: RoomId): Promise<StoredRoom | null>;
  commit(commit: Commit): Promise<CommitResult>;
  /** The commits after that position if the log covers them all, else the whole room; never a part (SYNC-2). */
  since(roomId: RoomId, position: { readonly epoch: string; readonly version: number }): Promise<ReadSince>;
  /** Tells the store that somebody still holds the room: its idle time starts anew. */
  keep(roomId: RoomId): Promise<void>;
}

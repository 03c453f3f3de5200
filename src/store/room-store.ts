// Contract: keeps the stage of each room, under compare-and-set.
//
// [S1] A commit happens completely or not at all, and only against the (epoch, version) it was decided on.
// [S2] A commit is announced on the room's feed in version order, by the same step that keeps it (D4).
// [S3] Guards and writes on members are part of that step: if a member's session has changed, the commit is refused.
// [S4] An answer remembered under a command id is returned instead of executing the command again (ACK-2).
// [S5] A commit whose `now` is more than a second off the store's clock is refused: it was stuck somewhere.
// [S6] A closed room keeps its last state for 10 minutes; then the store forgets it (ROOM-6).

import type { RoomState } from '../domain/room.ts';
import type { StageEvent } from '../domain/stage-event.ts';
import type { RoomId, UserId } from '../protocol/ids.ts';
import type { SanctionChange } from './sanction-store.ts';

/** How far a commit's `now` may be from the store's clock, in milliseconds [S5]. */
export const CLOCK_TOLERANCE_MS = 1_000;
/** How many of a room's last versions its log covers (SYNC-2). */
export const LOG_VERSIONS = 512;
/** A turn that missed at most this many commits gets them; a turn that missed more gets the whole room. */
export const BEHIND_RECORDS_MAX = 64;
/** How long an answer is remembered (ACK-2). */
export const ANSWER_MEMORY_MS = 2 * 60_000;
/** The command under which a creation is remembered. */
export const CREATE_COMMAND = 'room:create';
/** How long the store knows that a closed room once was open (ROOM-6). */
export const CLOSED_ROOM_TTL_MS = 10 * 60_000;
/** A list of this many sanctions or more loses its expired ones before one is added. */
export const SANCTIONS_PRUNED_FROM = 500;
/** A room that no node served for this long is forgotten. It is longer than the longest emptyMs (ROOM-9). */
export const IDLE_ROOM_TTL_MS = 25 * 60 * 60_000;

/** A room as the store has it. */
export interface StoredRoom {
  /** Names one unbroken history of the room, and sorts by the time of its birth (SYNC-4, room-recovery). */
  readonly epoch: string;
  /** Counts commits, and goes on counting from epoch to epoch. 0 for a new room. */
  readonly version: number;
  /** The store's replication id under which this was read or committed. Under another one the room needs recovery. */
  readonly replicationId: string;
  /** The last versions that ordinary members and staff received (SYNC-1). */
  readonly publicVersion: number;
  readonly staffVersion: number;
  /** Grows when the conditions of entry change: capacity, password, closing. Joins are decided against it. */
  readonly entryVersion: number;
  readonly state: RoomState;
}

export type StagePosition = Pick<StoredRoom, 'epoch' | 'version'>;

/** One commit as the log keeps it and the feed announces it (SYNC-1). Its field names are stored. */
export interface CommitRecord {
  readonly epoch: string;
  readonly version: number;
  /** Names the turn that made the commit, so that a turn whose reply was lost finds itself in the log (D2). */
  readonly turnId: string;
  readonly at: number;
  /** The last version before this one that ordinary members, and staff, received. */
  readonly publicAfter: number;
  readonly staffAfter: number;
  readonly events: readonly StageEvent[];
}

/** A write that is refused if it arrives more than CLOCK_TOLERANCE_MS after it was sent (StaleWriteError) [S5]. */
export interface Timed {
  /** Store time, Unix milliseconds; absent: the write is never stale. */
  readonly decidedAt?: number;
}

/** Whether the write is stale by the store's clock. */
export const isStale = ({ decidedAt }: Timed, now: number): boolean =>
  decidedAt !== undefined && Math.abs(now - decidedAt) > CLOCK_TOLERANCE_MS;

/** A user's session in the room. Fences only grow, so the greater one is the newer session (PRES-2). */
export interface SessionFence {
  readonly userId: UserId;
  readonly fence: number;
}

/** What a commit expects of a user: that session, or null: no membership. */
export interface GuardedFence {
  readonly userId: UserId;
  readonly fence: number | null;
}

/** Names one command of one user, which has at most one effect in a room within ANSWER_MEMORY_MS. */
export interface CommandKey {
  readonly userId: string;
  readonly commandId: string;
}

/** Null when the command came without an id: then its answer is not remembered. */
export const keyOf = (userId: string, commandId: string | undefined): CommandKey | null =>
  commandId === undefined ? null : { userId, commandId };

/** The key as one text. No id has a `:`, so two keys never give the same text. */
export const commandName = ({ userId, commandId }: CommandKey): string => `${userId}:${commandId}`;

/** What the store remembers of a command that changed something. `answer` is the ack's data as JSON. */
export interface RememberedAnswer extends CommandKey {
  readonly command: string;
  readonly answer: string;
}

export interface CommitChange {
  readonly after: StoredRoom;
  readonly record: CommitRecord;
  /** Users that the stage refers to from now on, and no longer; see presence-store [P1]. */
  readonly pin: readonly string[];
  readonly unpin: readonly string[];
  /** Bans and silences that the commit imposes or lifts. */
  readonly sanctions: readonly SanctionChange[];
  /** The room ends with this commit, and so do all memberships [S6]. */
  readonly isClosing: boolean;
}

export interface Commit {
  /** The copy on which the turn was decided. */
  readonly before: StoredRoom;
  /** Null when the turn changed nothing: only the version is validated, so that no refusal is outdated (D2). */
  readonly change: CommitChange | null;
  /** When the turn was decided, store time, Unix milliseconds. */
  readonly now: number;
  /** Sessions that must be unchanged. */
  readonly guards: readonly GuardedFence[];
  /** The room must have no members (ROOM-7). */
  readonly onlyIfEmpty: boolean;
  /** Sessions that end while the membership goes on: their fence rises by one (PRES-1). */
  readonly endedSessions: readonly SessionFence[];
  /** Memberships that end. */
  readonly removals: readonly SessionFence[];
  /** Commands whose answers are looked up before anything else. */
  readonly commandKeys: readonly CommandKey[];
  /** Answers to remember. */
  readonly answers: readonly RememberedAnswer[];
}

export type CommitResult =
  | { readonly status: 'committed' }
  /** Some of the commands are known: nothing was written. These are their first answers. */
  | { readonly status: 'answered'; readonly answers: readonly RememberedAnswer[] }
  /** A version conflict: the room is ahead of `before` within its epoch. These are the commits since, in order. */
  | { readonly status: 'behind'; readonly records: readonly CommitRecord[] }
  /** The room has another epoch, or is too far ahead: this is the whole room. */
  | { readonly status: 'elsewhere'; readonly room: StoredRoom }
  /** Some sessions have changed: these are the users' present fences, null for those who are not members. */
  | { readonly status: 'refused'; readonly fences: ReadonlyMap<string, number | null> }
  /** The room had to be empty and is not. */
  | { readonly status: 'occupied' }
  /** A stale write: `now` was too far off. The refusal brought the store's time. */
  | { readonly status: 'late' }
  | { readonly status: 'absent' };

export type ReadSince =
  | { readonly status: 'records'; readonly version: number; readonly records: readonly CommitRecord[] }
  | { readonly status: 'room'; readonly room: StoredRoom }
  | { readonly status: 'absent' };

/**
 * All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer, and
 * RecoveryRequiredError when the room must be recovered first [H1].
 */
export interface RoomStore {
  /** Store time, Unix milliseconds: the only clock by which rooms are judged (D7). */
  now(): number;
  /** Keeps a new room at version 0, under the store's replication id. Remembers the command that created it. */
  create(room: StoredRoom, creation: CommandKey | null): Promise<'created' | 'exists' | 'closed'>;
  /** The answer to that command in that room, if it is remembered [S4]. */
  recall(roomId: RoomId, key: CommandKey): Promise<RememberedAnswer | null>;
  load(roomId: RoomId): Promise<StoredRoom | null>;
  commit(commit: Commit): Promise<CommitResult>;
  /** The commits after that position if the log covers them all, else the whole room; never only some (SYNC-2). */
  since(roomId: RoomId, position: StagePosition): Promise<ReadSince>;
  /** Tells the store that this node still serves the room: its idle time starts again. */
  keep(roomId: RoomId): Promise<void>;
}

// Contract: who is in each room (the audience), with a fence per session. Must not know the stage beyond who is held.
//
// [P1] A member whom the stage holds is never removed here; only a stage commit does that (D2).
// [P2] A fence is higher than any given in the room before and at least the store's time in µs: it grows with every
//      join, also after leaving, also across loss of data.
// [P3] A leave with another fence than the member's removes nobody (PRES-2).
// [P4] Joins are decided against the room's `door`; when that has moved on, the join must be decided again.
// [P5] Every join and leave is announced on the room's feed; a count is the set's size, no running total (PRES-5).
// [P6] Pages from the first to a null cursor name everybody who is a member all the while, however many come and go;
//      nobody twice while nobody comes or goes.
import type { NodeId, RoomId, UserId } from '../protocol/ids.ts';
import type { Timed } from './room-store.ts';

/** A member as the presence store has him. */
export interface MemberRecord {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: string;
  readonly level: number;
  /** His number in the voice channel, which nobody else in the room has and which stays with him (RTC-2). */
  readonly rtcUid: number;
  readonly fence: number;
  /** The node that has his connection. */
  readonly nodeId: NodeId;
  readonly since: number;
}

export interface JoinRequest extends Timed {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: string;
  readonly level: number;
  readonly nodeId: NodeId;
  /** The conditions of entry under which the join was allowed [P4]. */
  readonly door: number;
  readonly capacity: number;
  /** Random candidates for rtcUid; the first that is free is taken. */
  readonly rtcUids: readonly number[];
}

export type JoinResult =
  | {
      readonly status: 'joined';
      readonly member: MemberRecord;
      /** He was a member before: his old session, wherever it is, is replaced (PRES-4). */
      readonly again: boolean;
      readonly count: number;
      /** The stage's position at the moment of joining; a snapshot must not be older (ACK-6). */
      readonly epoch: string;
      readonly version: number;
    }
  /** Kept out until then; null: until it is lifted. */
  | { readonly status: 'banned'; readonly until: number | null }
  | { readonly status: 'door' | 'full' | 'absent' | 'crowded' };

/** The session that ends. */
export interface LeaveRequest extends Timed {
  readonly userId: UserId;
  readonly fence: number;
}

/** `held`: the stage refers to him, so his leaving is a stage commit [P1]. `stale`: another session took over [P3]. */
export type LeaveResult = 'left' | 'held' | 'stale' | 'absent';

/** Names where a page begins (null: at the first) and how many members it may have. */
export interface MembersQuery {
  readonly cursor: string | null;
  readonly limit: number;
}

export interface MembersPage {
  /** No more than were asked for; fewer, or none, do not mean that the list ends. */
  readonly members: readonly MemberRecord[];
  /** Opaque, good for this room only; any text that fits protocol/pages is harmless. Null after the last page. */
  readonly cursor: string | null;
  /** The number of all members. */
  readonly count: number;
}

/** All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. */
export interface PresenceStore {
  join(roomId: RoomId, joining: JoinRequest): Promise<JoinResult>;
  leave(roomId: RoomId, leaving: LeaveRequest): Promise<LeaveResult>;
  /** Those of the users who are members. */
  find(roomId: RoomId, userIds: readonly UserId[]): Promise<ReadonlyMap<string, MemberRecord>>;
  count(roomId: RoomId): Promise<number>;
  /** The number of members and some of them, at most `limit`. */
  sample(roomId: RoomId, limit: number): Promise<{ readonly count: number; readonly members: readonly MemberRecord[] }>;
  /** The members page by page, in no particular order [P6]. */
  page(roomId: RoomId, query: MembersQuery): Promise<MembersPage>;
}

// Contract: the members of each room (the audience), with a fence for each session. Of the stage it knows only which
// users are pinned.
//
// [P1] A pinned member is never removed here; only a stage commit removes them (D2).
// [P2] A fence is higher than any given in the room before, and at least the store's time in µs. It grows with every
//      join, also after a leave, also across a loss of data.
// [P3] A leave with another fence than the member's removes nobody (PRES-2).
// [P4] Joins are decided against the room's entry version. If that has changed, the join must be decided again.
// [P5] Every join and leave is announced on the room's feed. A count is the size of the set, no running total (PRES-5).
// [P6] The pages from the first to a null cursor name every user who is a member during all of them, however many join
//      and leave meanwhile. While nobody joins or leaves, no user comes twice.
import type { NodeId, RoomId, UserId } from '../protocol/ids.ts';
import type { Timed } from './room-store.ts';

/** A member as the presence store keeps them. */
export interface MemberRecord {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: string;
  readonly level: number;
  /** The member's number in the voice channel: unique in the room, and the same for the whole membership (RTC-2). */
  readonly rtcUid: number;
  readonly fence: number;
  /** The node that has the connection. */
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
  readonly entryVersion: number;
  readonly capacity: number;
  /** Random candidates for rtcUid; the first that is free is taken. */
  readonly rtcUids: readonly number[];
}

export type JoinResult =
  | {
      readonly status: 'joined';
      readonly member: MemberRecord;
      /** The user was a member before: the old session, wherever it is, is replaced (PRES-4). */
      readonly again: boolean;
      readonly count: number;
      /** The stage's position at the moment of joining; a snapshot must not be older (ACK-6). */
      readonly epoch: string;
      readonly version: number;
    }
  /** Until when the ban lasts; null: until it is lifted. */
  | { readonly status: 'banned'; readonly until: number | null }
  /** `crowded`: all candidates for rtcUid are taken. */
  | { readonly status: 'entryChanged' | 'full' | 'absent' | 'crowded' };

/** The session that ends. */
export interface LeaveRequest extends Timed {
  readonly userId: UserId;
  readonly fence: number;
}

/** `pinned`: the member can leave only by a stage commit [P1]. `stale`: a newer session took over [P3]. */
export type LeaveResult = 'left' | 'pinned' | 'stale' | 'absent';

/** Where a page begins (null: at the first member) and how many members it may have. */
export interface MembersQuery {
  readonly cursor: string | null;
  readonly limit: number;
}

export interface MembersPage {
  /** At most as many as were asked for. A short or empty page does not mean that the list ends. */
  readonly members: readonly MemberRecord[];
  /** Opaque, valid for this room only; any text that fits protocol/pages is harmless. Null after the last page. */
  readonly cursor: string | null;
  /** The number of all members. */
  readonly count: number;
}

/**
 * All methods throw StoreUnavailableError or OutcomeUnknownError when the store does not answer. Joins and leaves throw
 * StaleWriteError when they were sent too long ago, and RecoveryRequiredError when the room must be recovered first.
 */
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

// The state of a room's stage, and the questions that can be asked of it. docs/glossary.md explains the words.
//
// The stage is small and strictly ordered. It refers to the owner, and to users who are seated, requesting, invited or
// away. These users are pinned: only a commit of the stage can end their membership.
import type { RoomId, SeatIndex, UserId } from '../protocol/ids.ts';
import type { MemberRole } from '../protocol/snapshot.ts';
import type { Attributes, Invitation, Request, RequestStatus, Seat, Settings } from '../protocol/stage.ts';

/** The newest layout of RoomState that this code writes; store/room-codec says what that promises (D2). */
export const ROOM_SCHEMA = 1;

/** The limits of a stage. A queue longer than a screen helps nobody, and makes every commit heavier. */
export const limits = {
  requestsPending: 100,
  invitationsPending: 50,
  admins: 20,
  /** Bans in force in one room, and as many silences. An app that needs more should block accounts itself. */
  sanctions: 1_000,
  requestExpiryMs: 10 * 60_000,
  invitationExpiryMs: 60_000,
  /** The most ended requests that are remembered, one per user: the stage must stay small. */
  outcomesRemembered: 200,
  /** How long a second decision on a request is still answered with the first one (REQ-3). */
  outcomeMemoryMs: 10 * 60_000,
} as const;

export interface Roles {
  readonly ownerId: UserId;
  readonly admins: readonly UserId[];
}

/** How a request ended. It is remembered, so that a second decision can name the operator of the first (REQ-3). */
export interface RequestOutcome {
  readonly userId: UserId;
  readonly status: RequestStatus;
  readonly by: string;
  readonly at: number;
}

/** The grace of a pinned member whose connection dropped; `fence` is that of their membership meanwhile (PRES-1). */
export interface Away {
  readonly until: number;
  readonly fence: number;
}

/** The part of a stage that every member sees. A client folds it with the same code. */
export interface Stage {
  readonly settings: Settings;
  readonly roles: Roles;
  readonly seats: readonly Seat[];
  readonly attributes: Attributes;
}

/** The part that only staff see. */
export interface Queues {
  /** In order of arrival; queueOrder has the order of service. */
  readonly requests: readonly Request[];
  readonly invitations: readonly Invitation[];
}

/** The whole stage. Each field is a section of the stored hash, written only when it changed (D2). */
export interface RoomState extends Stage, Queues {
  readonly schema: number;
  readonly roomId: RoomId;
  readonly secrets: { readonly passwordHash: string | null };
  readonly outcomes: readonly RequestOutcome[];
  readonly away: Readonly<Record<string, Away>>;
  readonly closed: { readonly at: number; readonly by: string; readonly reason: string } | null;
}

export const emptySeat = (seat: SeatIndex): Seat => ({ seat, locked: false, hostMuted: false, occupant: null });

/** Seats number `from` to `to` − 1, all free. */
export const emptySeats = (from: number, to: number): Seat[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => emptySeat(from + index));

/** The seat a user sits on, if any. */
export const seatOf = (room: Stage, userId: string): Seat | null =>
  room.seats.find((seat) => seat.occupant?.userId === userId) ?? null;

export const requestOf = (room: RoomState, userId: string): Request | null =>
  room.requests.find((request) => request.userId === userId) ?? null;

export const invitationOf = (room: RoomState, userId: string): Invitation | null =>
  room.invitations.find((invitation) => invitation.userId === userId) ?? null;

/** The user's request and invitation, if they have any. */
export const pendingOf = (room: RoomState, userId: string): Queues => ({
  requests: room.requests.filter((request) => request.userId === userId),
  invitations: room.invitations.filter((invitation) => invitation.userId === userId),
});

/** The user's grace, if one is running. An id may be a key that all objects inherit, such as `constructor`. */
export const awayOf = (room: RoomState, userId: string): Away | null =>
  Object.hasOwn(room.away, userId) ? (room.away[userId] ?? null) : null;

/** The user's request, unless it is overdue and the sweep has only not run yet. */
export const liveRequest = (room: RoomState, userId: string, now: number): Request | null =>
  room.requests.find((request) => request.userId === userId && request.expiresAt > now) ?? null;

/** The same for an invitation to the user. */
export const liveInvitation = (room: RoomState, userId: string, now: number): Invitation | null =>
  room.invitations.find((invitation) => invitation.userId === userId && invitation.expiresAt > now) ?? null;

export function roleOf(room: Stage, userId: string): MemberRole {
  if (room.roles.ownerId === userId) return 'owner';
  return room.roles.admins.some((admin) => admin === userId) ? 'admin' : 'member';
}

export const isStaff = (room: Stage, userId: string): boolean => roleOf(room, userId) !== 'member';

/** Whether the user may speak: seated and not muted by the host (RTC-3). */
export function maySpeak(room: Stage, userId: string): boolean {
  const seat = seatOf(room, userId);
  return seat !== null && !seat.hostMuted;
}

/** Pending requests in the order in which they should be served (REQ-1). */
export function queueOrder(room: Pick<RoomState, 'requests' | 'settings'>): readonly Request[] {
  if (!room.settings.priority) return room.requests;
  // Array.prototype.sort is stable, so equal levels stay in order of arrival.
  return [...room.requests].sort((a, b) => b.level - a.level);
}

/** 1 for the next one to be served; 0 when the user has no pending request. */
export const queuePosition = (room: RoomState, userId: string): number =>
  queueOrder(room).findIndex((request) => request.userId === userId) + 1;

/**
 * The pinned users: those that the stage refers to. The owner is among them, because the end of their membership has
 * consequences (ROOM-7). Only a commit of the stage may remove these users from the room.
 */
export function stageUsers(room: RoomState): ReadonlySet<string> {
  if (room.closed) return new Set();
  const pinned = new Set<string>([room.roles.ownerId, ...Object.keys(room.away)]);
  for (const seat of room.seats) if (seat.occupant) pinned.add(seat.occupant.userId);
  for (const request of room.requests) pinned.add(request.userId);
  for (const invitation of room.invitations) pinned.add(invitation.userId);
  return pinned;
}

/** The next deadline on the stage, in store time; null when nothing will fall due (PRES-2, REQ-3, INV-1). */
export function nextDeadline(room: RoomState): number | null {
  let next = Number.POSITIVE_INFINITY;
  for (const { until } of Object.values(room.away)) next = Math.min(next, until);
  for (const { expiresAt } of room.requests) next = Math.min(next, expiresAt);
  for (const { expiresAt } of room.invitations) next = Math.min(next, expiresAt);
  return Number.isFinite(next) ? next : null;
}

/** Whether the conditions of entry differ. If so, joins that were checked against the old ones are checked again. */
export const isEntryChanged = (before: RoomState, after: RoomState): boolean =>
  before.settings.capacity !== after.settings.capacity ||
  before.secrets !== after.secrets ||
  before.closed !== after.closed;

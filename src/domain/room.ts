// What a room is: the stage's state and what can be asked of it. Must not know the audience, the store or the clock.
//
// Words: *stage* = what a room keeps in strict order, and small; *held* = a member whom the stage refers to (seated,
// requesting, invited, away, or the owner), who therefore can only be removed by a stage commit; *fence* = a number that
// tells one session of a user in a room from the next; *grace* = the time for which a dropped connection's place is
// kept; *door* = a count of the changes of the conditions of entry; *epoch* = one unbroken history of versions.
import type { RoomId, SeatIndex, UserId } from '../protocol/ids.ts';
import type { MemberRole } from '../protocol/snapshot.ts';
import type { Attributes, Invitation, Request, RequestStatus, Seat, Settings } from '../protocol/stage.ts';

/** The newest layout of RoomState this code writes; see store/room-codec for what that promises (D2). */
export const ROOM_SCHEMA = 1;

/** Why each limit: a queue or an invitation list longer than a screen helps nobody and makes every commit heavier. */
export const limits = {
  requestsPending: 100,
  invitationsPending: 50,
  admins: 20,
  /** Bans and silences in force in one room, each; more is a task for the app's own accounts. */
  sanctions: 1_000,
  requestExpiryMs: 10 * 60_000,
  invitationExpiryMs: 60_000,
  /** How many ended requests are remembered at most, one a user: the stage must stay small. */
  outcomesRemembered: 200,
  /** How long a second decision on a request is still told the first one (REQ-3). */
  outcomeMemoryMs: 10 * 60_000,
} as const;

export interface Roles {
  readonly ownerId: UserId;
  readonly admins: readonly UserId[];
}

/** How a request ended; remembered so that the second judge is told by whom (REQ-3). */
export interface RequestOutcome {
  readonly userId: UserId;
  readonly status: RequestStatus;
  readonly by: string;
  readonly at: number;
}

/** A held member whose connection dropped; `fence` is the one his membership has while he is away (PRES-1). */
export interface Away {
  readonly until: number;
  readonly fence: number;
}

/** The part that every member sees and that a client folds with the same code. */
export interface Stage {
  readonly settings: Settings;
  readonly roles: Roles;
  readonly seats: readonly Seat[];
  readonly attributes: Attributes;
}

/** The whole stage. Each field is a section of the stored hash, written only when it changed (D2). */
export interface RoomState extends Stage {
  readonly schema: number;
  readonly roomId: RoomId;
  readonly secrets: { readonly passwordHash: string | null };
  /** In order of arrival; the order of service is queueOrder's. */
  readonly requests: readonly Request[];
  readonly outcomes: readonly RequestOutcome[];
  readonly invitations: readonly Invitation[];
  readonly away: Readonly<Record<string, Away>>;
  readonly closed: { readonly at: number; readonly by: string; readonly reason: string } | null;
}

export const emptySeat = (seat: SeatIndex): Seat => ({ seat, locked: false, hostMuted: false, occupant: null });

/** Seats `from`…`to`−1, all free. */
export const emptySeats = (from: number, to: number): Seat[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => emptySeat(from + index));

/** The seat a user sits on, if any. */
export const seatOf = (room: Stage, userId: string): Seat | null =>
  room.seats.find((seat) => seat.occupant?.userId === userId) ?? null;

export const requestOf = (room: RoomState, userId: string): Request | null =>
  room.requests.find((request) => request.userId === userId) ?? null;

export const invitationOf = (room: RoomState, userId: string): Invitation | null =>
  room.invitations.find((invitation) => invitation.userId === userId) ?? null;

/** His grace, if one is running. An id may be a word that every object knows (`constructor`), so only own keys count. */
export const awayOf = (room: RoomState, userId: string): Away | null =>
  Object.hasOwn(room.away, userId) ? (room.away[userId] ?? null) : null;

/** His request, unless its time is over and only the sweep has not come yet. */
export function liveRequest(room: RoomState, userId: string, now: number): Request | null {
  const request = requestOf(room, userId);
  return request && request.expiresAt > now ? request : null;
}

/** The same for an invitation to him. */
export function liveInvitation(room: RoomState, userId: string, now: number): Invitation | null {
  const invitation = invitationOf(room, userId);
  return invitation && invitation.expiresAt > now ? invitation : null;
}

export function roleOf(room: Stage, userId: string): MemberRole {
  if (room.roles.ownerId === userId) return 'owner';
  return room.roles.admins.some((admin) => admin === userId) ? 'admin' : 'member';
}

export const isStaff = (room: Stage, userId: string): boolean => roleOf(room, userId) !== 'member';

/** On the mic by right: seated and not muted by the host (RTC-3). */
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
 * The users whom the stage refers to, the owner among them because his going has consequences (ROOM-7); only a stage
 * commit may remove them from the room.
 */
export function stageUsers(room: RoomState): ReadonlySet<string> {
  if (room.closed) return new Set();
  const held = new Set<string>([room.roles.ownerId, ...Object.keys(room.away)]);
  for (const seat of room.seats) if (seat.occupant) held.add(seat.occupant.userId);
  for (const request of room.requests) held.add(request.userId);
  for (const invitation of room.invitations) held.add(invitation.userId);
  return held;
}

/** When the stage next changes by itself, in store time; null when nothing is due (PRES-2, REQ-3, INV-1). */
export function nextDeadline(room: RoomState): number | null {
  let next = Number.POSITIVE_INFINITY;
  for (const { until } of Object.values(room.away)) next = Math.min(next, until);
  for (const { expiresAt } of room.requests) next = Math.min(next, expiresAt);
  for (const { expiresAt } of room.invitations) next = Math.min(next, expiresAt);
  return Number.isFinite(next) ? next : null;
}

/** Whether the conditions of entry differ: joins that were judged by the old ones must be judged again. */
export const isEntryChanged = (before: RoomState, after: RoomState): boolean =>
  before.settings.capacity !== after.settings.capacity ||
  before.secrets !== after.secrets ||
  before.closed !== after.closed;

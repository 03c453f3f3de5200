// The room as a client keeps it: a snapshot, and updates folded into it. It repeats the fold of src/domain/view.ts on
// purpose, as a browser cannot load TypeScript. The tests in test/browser/room-view.test.ts compare the two, event by
// event.
// @ts-check

/** @typedef {import('../protocol/snapshot.ts').RoomSnapshot} RoomSnapshot */
/** @typedef {import('../protocol/snapshot.ts').MemberView} MemberView */
/** @typedef {import('../protocol/room-events.ts').RoomEvent} RoomEvent */
/** @typedef {import('../protocol/room-events.ts').Update} Update */
/** @typedef {import('../protocol/stage.ts').Seat} Seat */
/** @typedef {import('../protocol/server-events.ts').ServerEventPayload<'room:audience'>} AudienceNews */
/** @typedef {Omit<RoomSnapshot, 'audience' | 'recentMessages'> & { closed: boolean }} Room */
/**
 * @typedef {object} Known
 * @property {number} fence The highest known fence of this user.
 * @property {MemberView | null} member Null: the user is not shown.
 * @property {boolean} [hasLeft] The user has left; without it they are only not named.
 */
/** @typedef {{ count: number, people: ReadonlyMap<string, Known> }} Audience */

/**
 * The foldable part of a snapshot.
 * @param {RoomSnapshot} snapshot
 * @returns {Room}
 */
export function toRoom({ audience: _audience, recentMessages: _messages, ...room }) {
  return { ...room, closed: false };
}

/**
 * Whether an update is applied, skipped or shows a gap at this version (SYNC-1).
 * @param {number} mine
 * @param {{ after: number, version: number }} update
 * @returns {'apply' | 'skip' | 'gap'}
 */
export function judge(mine, { after, version }) {
  if (version <= mine) return 'skip';
  return after <= mine ? 'apply' : 'gap';
}

/**
 * Folds the updates that follow this version; `gap` is true if one before the rest is missing.
 * @param {Room} room
 * @param {readonly Update[]} updates
 */
export function applyUpdates(room, updates) {
  let now = room;
  for (const update of updates) {
    const verdict = judge(now.version, update);
    if (verdict === 'gap') return { room: now, gap: true };
    if (verdict === 'apply') now = { ...update.events.reduce(applyEvent, now), version: update.version };
  }
  return { room: now, gap: false };
}

/**
 * The room after one event. Unknown types change nothing: a newer server may have more.
 * @param {Room} room
 * @param {RoomEvent} event
 * @returns {Room}
 */
export function applyEvent(room, event) {
  switch (event.type) {
    case 'room.updated':
      return /** @type {Room} */ ({ ...room, ...event.changes });
    case 'room.closed':
      return { ...room, closed: true };
    case 'attributes.changed': {
      const kept = Object.entries(room.attributes).filter(([key]) => !event.deleted.includes(key));
      return { ...room, attributes: { ...Object.fromEntries(kept), ...event.set } };
    }
    case 'seats.resized':
      return { ...room, seatCount: event.seatCount, seats: resized(room.seats, event.seatCount) };
    case 'admin.added':
      return { ...room, admins: [...room.admins, event.userId] };
    case 'admin.removed':
      return { ...room, admins: room.admins.filter((userId) => userId !== event.userId) };
    case 'owner.changed':
      return { ...room, ownerId: event.to };
    case 'requests.counted':
      return { ...room, requestCount: event.requestCount };
    case 'request.added':
      return { ...room, requests: [...(room.requests ?? []), event.request] };
    case 'request.updated':
      return {
        ...room,
        requests: (room.requests ?? []).map((old) => (isOf(old, event.request) ? event.request : old)),
      };
    case 'request.ended':
      return { ...room, requests: (room.requests ?? []).filter((request) => !isOf(request, event)) };
    case 'invite.added':
      return { ...room, invitations: [...(room.invitations ?? []), event.invitation] };
    case 'invite.ended':
      return { ...room, invitations: (room.invitations ?? []).filter((invitation) => !isOf(invitation, event)) };
    default:
      return applyToSeats(room, event);
  }
}

/**
 * @param {Room} room
 * @param {RoomEvent} event
 * @returns {Room}
 */
function applyToSeats(room, event) {
  /** @type {(index: number, change: (seat: Seat) => Seat) => Room} */
  const seat = (index, change) => ({ ...room, seats: changed(room.seats, index, change) });
  switch (event.type) {
    case 'seat.taken':
      return seat(event.seat, (old) => ({ ...old, occupant: event.occupant }));
    case 'seat.left':
      return seat(event.seat, (old) => ({ ...old, occupant: null }));
    case 'seat.moved': {
      // A swap is two moves: the second move must not clear the seat that the first one has just filled.
      const arrived = changed(room.seats, event.to, (old) => ({ ...old, occupant: event.occupant }));
      const left = changed(arrived, event.from, (old) => (sits(old, event.userId) ? { ...old, occupant: null } : old));
      return { ...room, seats: left };
    }
    case 'seat.locked':
    case 'seat.unlocked':
      return seat(event.seat, (old) => ({ ...old, locked: event.type === 'seat.locked' }));
    case 'seat.muted':
    case 'seat.unmuted':
      return seat(event.seat, (old) => ({ ...old, hostMuted: event.type === 'seat.muted' }));
    case 'seat.away':
      return seat(event.seat, (old) => withOccupant(old, event.userId, { awayUntil: event.until }));
    case 'seat.back':
      return seat(event.seat, (old) => withOccupant(old, event.userId, { awayUntil: null }));
    case 'mic.changed':
      return seat(event.seat, (old) => withOccupant(old, event.userId, { selfMuted: event.selfMuted }));
    default:
      return room;
  }
}

/**
 * The audience of a snapshot or a resume. The highest fences of users that it does not name are remembered: they show
 * that late news of those users is old (SYNC-6).
 * @param {RoomSnapshot['audience']} audience
 * @param {Audience} [known] The audience of the same room until now.
 * @returns {Audience}
 */
export function toAudience({ count, members }, known) {
  /** @type {Map<string, Known>} */
  const people = new Map();
  for (const [userId, old] of known?.people ?? []) people.set(userId, { ...old, member: null });
  for (const member of members) {
    const { userId, fence } = member;
    if (fence >= highestFence(people, userId)) people.set(userId, { fence, member });
  }
  return { count, people };
}

/**
 * The audience after unordered news; news of an older session of a user is ignored (SYNC-6).
 * @param {Audience} audience
 * @param {AudienceNews} news
 * @returns {Audience}
 */
export function applyAudience(audience, { count, joined = [], left = [] }) {
  const people = new Map(audience.people);
  for (const member of joined) {
    const { userId, fence } = member;
    if (fence > highestFence(people, userId)) people.set(userId, { fence, member });
  }
  // A session joins before it leaves, so of two news with the same fence the leave is newer.
  for (const { userId, fence } of left) {
    if (fence >= highestFence(people, userId)) people.set(userId, { fence, member: null, hasLeft: true });
  }
  return { count, people };
}

/**
 * The audience with a page of `room:members`, which may be older than the news so far.
 * @param {Audience} audience
 * @param {{ count: number, members: readonly MemberView[] }} page
 * @returns {Audience}
 */
export function addMembers(audience, { count, members }) {
  const people = new Map(audience.people);
  for (const member of members) {
    const { userId, fence } = member;
    const known = people.get(userId);
    if (!known || fence > known.fence || (fence === known.fence && !known.hasLeft))
      people.set(userId, { fence, member });
  }
  return { count, people };
}

/** @type {(people: ReadonlyMap<string, Known>, userId: string) => number} */
const highestFence = (people, userId) => people.get(userId)?.fence ?? -1;

/** @param {Audience} audience */
export const membersOf = ({ people }) => [...people.values()].flatMap(({ member }) => member ?? []);

/**
 * @param {Room} room
 * @param {string} userId
 * @returns {'owner' | 'admin' | 'member'}
 */
export function roleOf(room, userId) {
  if (room.ownerId === userId) return 'owner';
  return room.admins.some((admin) => admin === userId) ? 'admin' : 'member';
}

/**
 * @param {Room} room
 * @param {string} userId
 */
export const isStaff = (room, userId) => roleOf(room, userId) !== 'member';

/**
 * @param {Room} room
 * @param {string} userId
 * @returns {Seat | null}
 */
export const seatOf = (room, userId) => room.seats.find((seat) => sits(seat, userId)) ?? null;

/**
 * The pending requests in the order in which staff should accept them (REQ-1).
 * @param {Room} room
 */
export function queueOf({ requests = [], priority }) {
  return priority ? [...requests].sort((a, b) => b.level - a.level) : requests;
}

/**
 * Whether the microphone on this seat is open (SEAT-6); it is closed for an occupant who is away.
 * @param {Seat} seat
 */
export const isOnAir = ({ occupant, hostMuted }) =>
  occupant !== null && !hostMuted && !occupant.selfMuted && occupant.awayUntil === null;

/** @type {(a: { userId: string }, b: { userId: string }) => boolean} */
const isOf = (a, b) => a.userId === b.userId;

/** @type {(seat: Seat, userId: string) => boolean} */
const sits = (seat, userId) => seat.occupant?.userId === userId;

/** @type {(seats: Seat[], index: number, change: (seat: Seat) => Seat) => Seat[]} */
const changed = (seats, index, change) => seats.map((seat) => (seat.seat === index ? change(seat) : seat));

/** @type {(seat: Seat, userId: string, change: Partial<NonNullable<Seat['occupant']>>) => Seat} */
const withOccupant = (seat, userId, change) =>
  seat.occupant?.userId === userId ? { ...seat, occupant: { ...seat.occupant, ...change } } : seat;

/** @type {(seats: Seat[], seatCount: number) => Seat[]} */
const resized = (seats, seatCount) =>
  Array.from(
    { length: seatCount },
    (_, index) => seats[index] ?? { seat: index, locked: false, hostMuted: false, occupant: null },
  );

// Coming into a room: through the door, into the stage's memory, and greeted with all there is (ROOM-2, PRES-1). Must
// not know how one goes out (roomLeave).
import { awayOf } from '../../domain/room.ts';
import { kindOf } from '../../domain/view.ts';
import type { Payload } from '../../protocol/commands.ts';
import type { RoomId, SessionId, UserId } from '../../protocol/ids.ts';
import { UID_MAX } from '../../rtc/rtc-provider.ts';
import type { JoinResult, MemberRecord } from '../../store/presence-store.ts';
import { OutcomeUnknownError } from '../../store/store-errors.ts';
import type { PendingJoin } from '../audience/pending-joins.ts';
import { buildAudience, buildFullState, buildYou } from '../audience/snapshot-builder.ts';
import type { Caller } from '../contract/caller.ts';
import type { LocalMember } from '../contract/local-members.ts';
import { fail, type Outcome, retryLater, succeed } from '../contract/outcome.ts';
import { isPassword } from '../contract/password.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import type { ConnectionRooms } from './connection-rooms.ts';
import type { RoomLeave } from './leave.ts';
import { missedSince, type Position } from './resume.ts';

/** CONN-8: what one connection may follow; more would be a crawler, not a listener. */
const ROOMS_PER_SESSION_MAX = 4;
/** Entry conditions that change so often while somebody enters are not worth waiting for. */
const ENTRY_ATTEMPTS_MAX = 8;
const RTC_UID_CANDIDATES = 8;

/** Sends the ack; called in the very step in which the member is registered, so that no update overtakes it. */
export type Reply = (outcome: Outcome) => void;

interface JoinOptions {
  readonly reply: Reply;
  readonly prepare?: () => Promise<Outcome | null>;
}

interface RoomJoinDeps {
  readonly rooms: LiveRooms;
  readonly sessions: ConnectionRooms;
  readonly roomLeave: RoomLeave;
}

export class RoomJoin {
  readonly #deps: RoomDeps;
  readonly #rooms: LiveRooms;
  readonly #sessions: ConnectionRooms;
  readonly #roomLeave: RoomLeave;
  /** The last join on its way, per connection and room. */
  readonly #joining = new Map<string, Promise<void>>();

  constructor(deps: RoomDeps, { rooms, sessions, roomLeave }: RoomJoinDeps) {
    this.#deps = deps;
    this.#rooms = rooms;
    this.#sessions = sessions;
    this.#roomLeave = roomLeave;
  }

  /** `prepare` runs once a place is booked, before the room is entered; its outcome, if any, is the answer. */
  async join(caller: Caller, payload: Payload<'room:join'>, { reply, prepare }: JoinOptions): Promise<void> {
    const { sessionId } = caller;
    const { roomId } = payload;
    if (!this.#sessions.book(sessionId, roomId, ROOMS_PER_SESSION_MAX)) {
      return reply(fail('TOO_MANY_ROOMS', { limit: ROOMS_PER_SESSION_MAX }));
    }
    // One after the other: of two joins at once the second would replace the first under its feet.
    const name = `${sessionId}:${roomId}`;
    const before = this.#joining.get(name) ?? Promise.resolve();
    const own = before
      .catch(() => undefined)
      .then(async () => {
        const obstacle = await prepare?.();
        if (obstacle) reply(obstacle);
        else await this.#joinBooked(caller, payload, reply);
      })
      .finally(() => this.#sessions.unbook(sessionId, roomId));
    this.#joining.set(name, own);
    await own.finally(() => {
      if (this.#joining.get(name) === own) this.#joining.delete(name);
    });
  }

  /** Resolves when no join of that connection to that room is on its way. */
  async joinsIdle(sessionId: SessionId, roomId: RoomId): Promise<void> {
    await this.#joining.get(`${sessionId}:${roomId}`)?.catch(() => undefined);
  }

  async #joinBooked(caller: Caller, payload: Payload<'room:join'>, reply: Reply): Promise<void> {
    const { sessionId, userId } = caller;
    const { roomId } = payload;
    await this.#rooms.use(roomId, async (room) => {
      if (!room) return reply(fail('ROOM_NOT_FOUND'));
      const expected = room.audience.beginJoin(userId, sessionId);
      try {
        const entered = await this.#enter(room, { caller, expected, password: payload.password }).catch(
          (error: unknown) => {
            if (error instanceof OutcomeUnknownError) this.#roomLeave.endUnknownLater(roomId, userId);
            throw error;
          },
        );
        if ('ok' in entered) return reply(entered);
        const { member: record } = entered;
        const entry = { caller, record, expected, position: entered, resume: payload.resume ?? null };
        await this.#welcome(room, entry, reply)
          .catch((error: unknown) => {
            // He is a member without a connection: as good as dropped.
            void this.#roomLeave.dropFrom(roomId, { sessionId, record, recipient: null });
            throw error;
          })
          .finally(() => retireOlder(room, entry));
      } finally {
        room.audience.endJoin(expected);
      }
    });
  }

  /** Through the door: the conditions are judged on this node's copy and held by the store (P4). */
  async #enter(room: LiveRoom, { caller, expected, password }: Entering): Promise<Joined | Outcome> {
    for (let attempt = 0; attempt < ENTRY_ATTEMPTS_MAX; attempt++) {
      const { state, entryVersion } = room.current;
      if (state.closed) return fail('ROOM_CLOSED', { reason: state.closed.reason });
      const refusal = await this.#passwordRefusal(room, caller, password);
      if (refusal) return refusal;
      const { userId, name, avatar, level } = caller;
      const result = await this.#deps.presence.join(room.roomId, {
        userId,
        name,
        avatar,
        level,
        nodeId: this.#deps.node.id,
        door: entryVersion,
        // The owner is never kept out of his own room.
        capacity: state.roles.ownerId === userId ? Number.MAX_SAFE_INTEGER : state.settings.capacity,
        rtcUids: Array.from({ length: RTC_UID_CANDIDATES }, () => this.#deps.random.integer(1, UID_MAX + 1)),
      });
      if (result.status === 'joined') {
        room.audience.confirmJoin(result, expected);
        if (password !== undefined && state.settings.hasPassword) void this.#forgive(room.roomId, userId);
        return result;
      }
      if (result.status === 'banned') return fail('BANNED', result.until === null ? {} : { until: result.until });
      if (result.status === 'full') return fail('ROOM_FULL', { capacity: state.settings.capacity });
      if (result.status === 'absent') return fail('ROOM_NOT_FOUND');
      if (result.status === 'door') await room.catchUp();
    }
    return { ok: false, rejection: retryLater('OVERLOADED') };
  }

  /** The owner and those who are members already need no password. */
  async #passwordRefusal(room: LiveRoom, { userId }: Caller, password?: string): Promise<Outcome | null> {
    const { secrets, roles, settings } = room.current.state;
    const { capacity } = settings;
    const { presence, attempts, sanctions } = this.#deps;
    const { roomId } = room;
    if (secrets.passwordHash === null || roles.ownerId === userId) return null;
    if ((await presence.find(roomId, [userId])).has(userId)) return null;
    if (password === undefined) return fail('WRONG_PASSWORD');
    // Looking at a password is dear: whoever would not be let in with the right one does not make us do it.
    const { banned } = await sanctions.find(roomId, [userId]);
    if (banned.has(userId)) return null;
    if ((await presence.count(roomId)) >= capacity) return fail('ROOM_FULL', { capacity });
    const attempt = await attempts.attempt(roomId, userId);
    if (attempt.status === 'locked') {
      return { ok: false, rejection: { code: 'RATE_LIMITED', retryAfterMs: attempt.retryAfterMs } };
    }
    return (await isPassword(password, secrets.passwordHash)) ? null : fail('WRONG_PASSWORD');
  }

  /** He was let in: wrong passwords before are not held against him. If that fails, they end by themselves. */
  #forgive(roomId: RoomId, userId: UserId): Promise<void> {
    return this.#deps.attempts.forgive(roomId, userId).catch((error: unknown) => {
      this.#deps.logger.warn({ error, roomId }, 'wrong passwords could not be forgiven');
    });
  }

  async #welcome(room: LiveRoom, entry: Entry, reply: Reply): Promise<void> {
    const { caller, record, resume, expected, position } = entry;
    const { userId, fence } = record;
    await room.catchUpTo(position);
    if (awayOf(room.current.state, userId)) {
      await room.executeOwn({ name: 'member:return', payload: { userId, fence } });
    }
    const kind = () => kindOf(room.current.state, userId);
    const missed = resume && (await missedSince(this.#deps.store, room, { userId, kind, position: resume }));
    await room.ready();
    // The room may have been exchanged for another meanwhile, or its feed interrupted.
    while (!room.isReady) await room.ready();
    // From here to the reply nothing is awaited: the snapshot, the registration and the ack are one moment.
    const member: LocalMember = { sessionId: caller.sessionId, record, recipient: null };
    // The connection ended while its join was on the way: the membership it made goes into its grace.
    if (!this.#sessions.isOpen(caller.sessionId)) return void this.#roomLeave.dropFrom(room.roomId, member);
    const old = room.audience.members.get(userId);
    // A newer session of his may have been welcomed here before the feed tells of it.
    const newestFence = Math.max(expected.newestFence, old?.record.fence ?? 0);
    if (newestFence > fence) return reply(fail('NOT_A_MEMBER', { replaced: true }));
    if (expected.ended?.fence === fence) return reply(fail('NOT_A_MEMBER', { reason: expected.ended.reason }));
    const { current } = room;
    if (current.state.closed) return reply(fail('ROOM_CLOSED', { reason: current.state.closed.reason }));
    const audience = room.audience.sample();
    const grant = this.#deps.grants.mint(current.state, record);
    if (old) room.audience.removeMember(old, old.sessionId === caller.sessionId ? null : { reason: 'replaced' });
    room.audience.addMember(member);
    this.#sessions.onJoined(caller.sessionId, room.roomId, member);
    this.#deps.grants.renewLater(member, grant, room.revalidate);
    const isCurrent = missed !== null && missed.version === current.version && missed.epoch === current.epoch;
    const shown = isCurrent
      ? {
          ...missed,
          audience: buildAudience(current.state, audience),
          ...room.messageFeed.since(resume?.messageId ?? null),
          you: buildYou(current.state, record),
        }
      : buildFullState(current, record, { audience, recentMessages: room.messageFeed.recent() });
    reply(succeed({ ...shown, grant }));
  }
}

/**
 * Whatever came of a join: the older session of the same connection is over in the store, and must not hear the room.
 */
function retireOlder(room: LiveRoom, { caller, record, expected }: Entry): void {
  const old = room.audience.members.get(record.userId);
  if (!old || old.sessionId !== caller.sessionId || old.record.fence >= record.fence) return;
  room.audience.removeMember(old, { reason: expected.newestFence > record.fence ? 'replaced' : 'disconnected' });
}

type Joined = Extract<JoinResult, { status: 'joined' }>;

interface Entering {
  readonly caller: Caller;
  readonly expected: PendingJoin;
  readonly password: string | undefined;
}

interface Entry {
  readonly caller: Caller;
  readonly record: MemberRecord;
  readonly expected: PendingJoin;
  /** Where the stage was when he joined; what he is shown must not be older (ACK-6). */
  readonly position: Position;
  readonly resume: NonNullable<Payload<'room:join'>['resume']> | null;
}

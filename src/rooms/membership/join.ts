// room:join: a connection enters a room and gets everything that it needs in one answer (ROOM-2, PRES-1).
//
//   reserve     one of the connection's rooms (CONN-8); joins to the same room wait for each other
//   enter       the store makes the user a member
//   prepare     everything that must be awaited before the answer
//   register    snapshot, registration and ack in one step, in which nothing is awaited
import { assertNever } from '../../lang/assert.ts';
import type { Payload } from '../../protocol/commands.ts';
import type { RoomId, SessionId } from '../../protocol/ids.ts';
import { OutcomeUnknownError } from '../../store/store-errors.ts';
import type { PendingJoin } from '../audience/pending-joins.ts';
import { buildAudience, buildFullState, buildYou } from '../audience/snapshot-builder.ts';
import type { Caller } from '../contract/caller.ts';
import type { LocalMember } from '../contract/local-members.ts';
import { inOneStep } from '../contract/one-step.ts';
import { fail, type Outcome, retryLater, succeed } from '../contract/outcome.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { LiveRoom } from '../live/live-room.ts';
import { completeEntry, type EntryRefusal, enterRoom, type Joined } from './enter-room.ts';
import { checkPassword, forgiveAttempts, type PasswordRefusal } from './entry-password.ts';
import type { RoomPeers } from './leave.ts';
import { type MissedUpdates, missedSince } from './resume.ts';

/** CONN-8: how many rooms one connection may follow. More would be a crawler, not a listener. */
const ROOMS_PER_SESSION_MAX = 4;

/** Sends the ack. Called in the very step in which the member is registered, so that no update overtakes it. */
export type Reply = (outcome: Outcome) => void;

/** A user that has entered and is not answered yet. */
interface Entered {
  readonly caller: Caller;
  readonly joined: Joined;
  readonly pending: PendingJoin;
  readonly resume: NonNullable<Payload<'room:join'>['resume']> | null;
}

export class RoomJoin {
  readonly #deps: RoomDeps;
  readonly #peers: RoomPeers;
  /** The last join under way, per connection and room. */
  readonly #joining = new Map<string, Promise<void>>();

  constructor(deps: RoomDeps, peers: RoomPeers) {
    this.#deps = deps;
    this.#peers = peers;
  }

  /**
   * Replies at most once: not to a connection that has ended. `create` runs once a room is reserved, before the room is
   * entered; its outcome, if any, is the answer. Rejects as the store does.
   */
  async join(
    caller: Caller,
    payload: Payload<'room:join'>,
    { reply, create }: { readonly reply: Reply; readonly create?: () => Promise<Outcome | null> },
  ): Promise<void> {
    const { sessionId } = caller;
    const { roomId } = payload;
    if (!this.#peers.sessions.reserve(sessionId, roomId, ROOMS_PER_SESSION_MAX)) {
      return reply(fail('TOO_MANY_ROOMS', { limit: ROOMS_PER_SESSION_MAX }));
    }
    // One after the other: of two joins at once the second would replace the first in the middle of it.
    const name = `${sessionId}:${roomId}`;
    const before = this.#joining.get(name) ?? Promise.resolve();
    const own = before
      .catch(() => undefined)
      .then(async () => {
        const obstacle = await create?.();
        if (obstacle) reply(obstacle);
        else await this.#joinReserved(caller, payload, reply);
      })
      .finally(() => this.#peers.sessions.cancelReservation(sessionId, roomId));
    this.#joining.set(name, own);
    await own.finally(() => {
      if (this.#joining.get(name) === own) this.#joining.delete(name);
    });
  }

  /** Resolves when no join of that connection to that room is under way. */
  async joinsIdle(sessionId: SessionId, roomId: RoomId): Promise<void> {
    await this.#joining.get(`${sessionId}:${roomId}`)?.catch(() => undefined);
  }

  async #joinReserved(caller: Caller, payload: Payload<'room:join'>, reply: Reply): Promise<void> {
    const { roomId, password } = payload;
    const resume = payload.resume ?? null;
    await this.#peers.rooms.use(roomId, async (room) => {
      if (!room) return reply(fail('ROOM_NOT_FOUND'));
      const pending = room.pendingJoins.begin(caller.userId, caller.sessionId);
      try {
        const joined = await this.#enter(room, pending, { caller, password });
        if (joined.status === 'joined') await this.#welcome(room, { caller, joined, pending, resume }, reply);
        else reply(outcomeOf(joined));
      } finally {
        room.pendingJoins.end(pending);
      }
    });
  }

  async #enter(
    room: LiveRoom,
    pending: PendingJoin,
    { caller, password }: { readonly caller: Caller; readonly password: string | undefined },
  ): Promise<Joined | EntryRefusal | PasswordRefusal> {
    const { userId } = caller;
    const check = () => checkPassword(this.#deps, room, { userId, password });
    try {
      const joined = await enterRoom(this.#deps, room, { entrant: caller, pending, check });
      const usedPassword = password !== undefined && room.current.state.settings.hasPassword;
      if (joined.status === 'joined' && usedPassword) void forgiveAttempts(this.#deps, room.roomId, userId);
      return joined;
    } catch (error) {
      if (error instanceof OutcomeUnknownError) this.#peers.roomLeave.endUnknownLater(room.roomId, userId);
      throw error;
    }
  }

  async #welcome(room: LiveRoom, entered: Entered, reply: Reply): Promise<void> {
    const { sessionId } = entered.caller;
    const member: LocalMember = { sessionId, record: entered.joined.member, recipient: null };
    try {
      const missed = await this.#prepare(room, entered);
      // Asked again in the step that registers: a possible gap or a new epoch may come at any moment.
      do await room.ready();
      while (!room.isReady);
      const outcome = inOneStep(() => this.#register(room, entered, { member, missed }));
      if (outcome) reply(outcome);
      // The connection ended during its join: the new membership goes into its grace.
      else void this.#peers.roomLeave.dropFrom(room.roomId, member);
    } catch (error) {
      // The user is a member without a connection, as after a drop.
      void this.#peers.roomLeave.dropFrom(room.roomId, member);
      throw error;
    } finally {
      removeOlder(room, entered);
    }
  }

  /** Returns what a resuming client missed; null: it needs a snapshot. */
  async #prepare(room: LiveRoom, { joined, resume }: Entered): Promise<MissedUpdates | null> {
    await completeEntry(room, joined);
    return resume && missedSince(this.#deps.store, room, { userId: joined.member.userId, position: resume });
  }

  /** Null: the connection has ended. Not async: see inOneStep(). */
  #register(
    room: LiveRoom,
    { caller, pending, resume }: Entered,
    { member, missed }: { readonly member: LocalMember; readonly missed: MissedUpdates | null },
  ): Outcome | null {
    const { record } = member;
    if (!this.#peers.sessions.isOpen(caller.sessionId)) return null;
    const old = room.members.get(record.userId);
    // A newer session of the same user may have been welcomed here before the feed announced it.
    const newestFence = Math.max(pending.newestFence, old?.record.fence ?? 0);
    if (newestFence > record.fence) return fail('NOT_A_MEMBER', { replaced: true });
    if (pending.ended?.fence === record.fence) return fail('NOT_A_MEMBER', { reason: pending.ended.reason });
    const { current } = room;
    if (current.state.closed) return fail('ROOM_CLOSED', { reason: current.state.closed.reason });
    const audience = room.audience.sample();
    const grant = this.#deps.grants.mint(current.state, record);
    if (old) room.audience.removeMember(old, old.sessionId === caller.sessionId ? null : { reason: 'replaced' });
    room.audience.addMember(member);
    this.#peers.sessions.onJoined(caller.sessionId, room.roomId, member);
    this.#deps.grants.renewLater(member, grant, room.revalidate);
    const isCurrent = missed !== null && missed.version === current.version && missed.epoch === current.epoch;
    const view = isCurrent
      ? {
          ...missed,
          audience: buildAudience(current.state, audience),
          ...room.messageFeed.since(resume?.messageId ?? null),
          you: buildYou(current.state, record),
        }
      : buildFullState(current, record, { audience, recentMessages: room.messageFeed.recent() });
    return succeed({ ...view, grant });
  }
}

/** However the join ended, an older session of this connection is over in the store and gets no more updates. */
function removeOlder(room: LiveRoom, { caller, joined, pending }: Entered): void {
  const { userId, fence } = joined.member;
  const old = room.members.get(userId);
  if (!old || old.sessionId !== caller.sessionId || old.record.fence >= fence) return;
  room.audience.removeMember(old, { reason: pending.newestFence > fence ? 'replaced' : 'disconnected' });
}

function outcomeOf(refusal: EntryRefusal | PasswordRefusal): Outcome {
  switch (refusal.status) {
    case 'closed':
      return fail('ROOM_CLOSED', { reason: refusal.closed.reason });
    case 'absent':
      return fail('ROOM_NOT_FOUND');
    case 'banned':
      return fail('BANNED', refusal.until === null ? {} : { until: refusal.until });
    case 'full':
      return fail('ROOM_FULL', { capacity: refusal.capacity });
    case 'wrongPassword':
      return fail('WRONG_PASSWORD');
    case 'locked':
      return { ok: false, rejection: { code: 'RATE_LIMITED', retryAfterMs: refusal.retryAfterMs } };
    case 'contended':
      return { ok: false, rejection: retryLater('OVERLOADED') };
    default:
      return assertNever(refusal);
  }
}

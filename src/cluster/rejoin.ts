// Rejoin: members whose sessions the store lost, but whose connections are still here, enter again (PRES-3, SYNC-4).
import { maySpeak } from '../domain/room.ts';
import { assertNever } from '../lang/assert.ts';
import { chunksOf } from '../lang/chunks.ts';
import { pause } from '../ops/repeat.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { RemovalNotice } from '../rooms/audience/commit-messages.ts';
import type { PendingJoin } from '../rooms/audience/pending-joins.ts';
import type { LocalMember } from '../rooms/contract/local-members.ts';
import { inOneStep } from '../rooms/contract/one-step.ts';
import type { RoomDeps } from '../rooms/contract/room-deps.ts';
import type { LiveRoom } from '../rooms/live/live-room.ts';
import { completeEntry, type EntryRefusal, enterRoom, type Joined } from '../rooms/membership/enter-room.ts';
import type { RoomPeers } from '../rooms/membership/leave.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../store/store-errors.ts';

const AT_ONCE = 64;
const RETRY_MS = 1_000;
/** A member that could not enter by then gets `room:left`, and the client joins again by itself. */
const TRIES_MAX = 30;

/** `left`: the member went before it could enter again. */
type Refusal = EntryRefusal | { readonly status: 'left' };

export class Rejoin {
  readonly #deps: RoomDeps;
  readonly #peers: RoomPeers;
  /** Rejoins under way. A second one of the same member would end the session of the first. */
  readonly #entering = new Map<LocalMember, Promise<void>>();

  constructor(deps: RoomDeps, peers: RoomPeers) {
    this.#deps = deps;
    this.#peers = peers;
  }

  /** All members on this node, in all rooms. Never rejects. */
  async rejoinAll(): Promise<void> {
    const rooms = await this.#peers.rooms.all();
    await Promise.all(rooms.map((room) => this.rejoin(room, room.members.all())));
  }

  /** These members of one room. Never rejects; resolves when each of them is in again or has its `room:left`. */
  async rejoin(room: LiveRoom, members: readonly LocalMember[]): Promise<void> {
    for (const some of chunksOf(members, AT_ONCE)) {
      await Promise.all(some.map((member) => this.#rejoinMember(room, member)));
    }
  }

  #rejoinMember(room: LiveRoom, member: LocalMember): Promise<void> {
    const entering = this.#entering.get(member) ?? this.#enterWithRetries(room, member);
    this.#entering.set(member, entering);
    return entering.finally(() => this.#entering.delete(member));
  }

  /** One pending join for all tries: a session whose reply was lost is then no other session of the same user. */
  async #enterWithRetries({ roomId, pendingJoins }: LiveRoom, member: LocalMember): Promise<void> {
    const pending = pendingJoins.begin(member.record.userId, member.sessionId);
    try {
      for (let tries = 1; !(await this.#tryToEnter(roomId, member, pending)); tries++) {
        if (tries >= TRIES_MAX) return await this.#removeMember(roomId, member);
        await pause(this.#deps.clock, RETRY_MS);
      }
    } finally {
      pendingJoins.end(pending);
    }
  }

  /** False when it is worth another try: the store did not answer. */
  async #tryToEnter(roomId: RoomId, member: LocalMember, pending: PendingJoin): Promise<boolean> {
    try {
      await this.#peers.rooms.use(roomId, async (room) => {
        if (room) await this.#enterOnce(room, member, pending);
      });
      return true;
    } catch (error) {
      // The user may be a member again, under a fence that no node knows.
      if (error instanceof OutcomeUnknownError) this.#peers.roomLeave.endUnknownLater(roomId, member.record.userId);
      const isStoreAway = error instanceof StoreUnavailableError || error instanceof OutcomeUnknownError;
      const level = isStoreAway ? 'warn' : 'error';
      this.#deps.logger[level]({ event: 'rejoin.member.failed', error, roomId }, 'A member could not rejoin.');
      if (isStoreAway) return false;
      await this.#removeMember(roomId, member);
      return true;
    }
  }

  #removeMember(roomId: RoomId, member: LocalMember): Promise<void> {
    const removal = this.#peers.rooms.use(roomId, async (room) => {
      room?.audience.removeMember(member, { reason: 'disconnected' });
    });
    return removal.catch(() => undefined);
  }

  async #enterOnce(room: LiveRoom, member: LocalMember, pending: PendingJoin): Promise<void> {
    const isHere = () => room.members.get(member.record.userId) === member;
    await this.#peers.roomLeave.untilLeft(member);
    if (!isHere()) return;
    if (await this.#isReplaced(room, member, pending)) {
      if (isHere()) room.audience.removeMember(member, { reason: 'replaced' });
      return;
    }
    // The member was let in before, so there is no password to check.
    const check = async () => (isHere() ? null : ({ status: 'left' } as const));
    const joined = await enterRoom(this.#deps, room, { entrant: member.record, pending, check });
    if (joined.status === 'joined') {
      await completeEntry(room, joined);
      inOneStep(() => this.#exchange(room, { old: member, joined, pending }));
      return;
    }
    const notice = noticeOf(joined);
    if (notice && isHere()) room.audience.removeMember(member, notice);
  }

  /** Whether the user has a newer session elsewhere. A grace that began for the old session is none. */
  async #isReplaced(
    { roomId, pendingJoins }: LiveRoom,
    { record }: LocalMember,
    pending: PendingJoin,
  ): Promise<boolean> {
    const { userId } = record;
    const found = (await this.#deps.presence.find(roomId, [userId])).get(userId);
    if (!found || found.fence <= record.fence || found.nodeId === '') return false;
    // A grace takes the next fence.
    if (found.fence === record.fence + 1 && found.nodeId === record.nodeId) return false;
    if (found.nodeId !== this.#deps.node.id) return true;
    // A session of this node without a connection here: the user entered, and the reply was lost. Or another join of
    // the user is under way right now.
    if (pendingJoins.has(userId, pending)) throw new StoreUnavailableError('another join of the user is under way');
    return false;
  }

  /** The new session takes the place of the old one. Not async: see inOneStep(). */
  #exchange(
    room: LiveRoom,
    { old, joined, pending }: { readonly old: LocalMember; readonly joined: Joined; readonly pending: PendingJoin },
  ): void {
    const { audience, members, current } = room;
    const { member: record } = joined;
    const member: LocalMember = { sessionId: old.sessionId, record, recipient: null };
    const { sessions, roomLeave } = this.#peers;
    const isHere = members.get(record.userId) === old && sessions.isOpen(old.sessionId);
    // The member went meanwhile, is just leaving, or has a newer session, which the feed announces.
    if (!isHere || roomLeave.isLeaving(old)) {
      void roomLeave.dropFrom(room.roomId, member);
      return;
    }
    const isReplaced = pending.newestFence > record.fence;
    const isOver = isReplaced || pending.ended?.fence === record.fence;
    audience.removeMember(old, isOver ? { reason: isReplaced ? 'replaced' : 'disconnected' } : null);
    if (isOver) return;
    audience.addMember(member);
    sessions.onJoined(member.sessionId, room.roomId, member);
    audience.sendSnapshots([member]);
    this.#renewGrant(room, old, member);
    if (current.state.closed) audience.removeMember(member, { reason: 'roomClosed', by: current.state.closed.by });
  }

  /** A listener's grant stays good unless the number in the voice channel has changed. A speaker gets a new one. */
  #renewGrant({ current: { state }, revalidate }: LiveRoom, old: LocalMember, member: LocalMember): void {
    const { grants } = this.#deps;
    const { userId, rtcUid } = member.record;
    if (rtcUid !== old.record.rtcUid || maySpeak(state, userId)) {
      grants.push(state, member, { reason: 'renewal', revalidate });
    } else grants.renewLater(member, grants.mint(state, member.record), revalidate);
  }
}

/** The farewell of a member that may not enter again; null: it needs none, or gets one as all members do. */
function noticeOf(refusal: Refusal): RemovalNotice | null {
  switch (refusal.status) {
    case 'left':
    case 'closed':
      return null;
    case 'banned':
      return { reason: 'banned', ...(refusal.until === null ? {} : { until: refusal.until }) };
    case 'absent':
      return { reason: 'roomClosed', by: 'system' };
    case 'full':
    case 'contended':
      return { reason: 'disconnected' };
    default:
      return assertNever(refusal);
  }
}

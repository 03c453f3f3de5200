// Lets members in again whose connections are still here although the store knows their sessions no more (PRES-3, SYNC-4).
// Must not know why it lost them.
import { awayOf, maySpeak } from '../domain/room.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { RemovalNotice } from '../rooms/audience/commit-messages.ts';
import type { PendingJoin } from '../rooms/audience/pending-joins.ts';
import type { LocalMember } from '../rooms/contract/local-members.ts';
import type { RoomDeps } from '../rooms/contract/room-deps.ts';
import type { LiveRoom } from '../rooms/live/live-room.ts';
import type { LiveRooms } from '../rooms/live/live-rooms.ts';
import type { ConnectionRooms } from '../rooms/membership/connection-rooms.ts';
import type { RoomLeave } from '../rooms/membership/leave.ts';
import { UID_MAX } from '../rtc/rtc-provider.ts';
import type { JoinResult } from '../store/presence-store.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../store/store-errors.ts';

/** Entry conditions that change so often meanwhile are not worth waiting for. */
const ENTRY_ATTEMPTS_MAX = 8;
const RTC_UID_CANDIDATES = 8;
/** So many come in at a time. */
const AT_ONCE = 64;
const RETRY_MS = 1_000;
/** Who could not be let in for so long is told that he is out: his client joins again by itself. */
const TRIES_MAX = 30;

interface RejoinPeers {
  readonly rooms: LiveRooms;
  readonly sessions: ConnectionRooms;
  readonly roomLeave: RoomLeave;
}

type Joined = Extract<JoinResult, { status: 'joined' }>;

export class Rejoin {
  readonly #deps: RoomDeps;
  readonly #peers: RejoinPeers;
  /** Those who are on their way in: twice at once, and the second session would end the first. */
  readonly #entering = new Map<LocalMember, Promise<void>>();

  constructor(deps: RoomDeps, peers: RejoinPeers) {
    this.#deps = deps;
    this.#peers = peers;
  }

  /** Everybody here, in all rooms. Never rejects. */
  async rejoinAll(): Promise<void> {
    const rooms = await this.#peers.rooms.all();
    await Promise.all(rooms.map((room) => this.rejoin(room, room.audience.members.all())));
  }

  /** Those of one room. Never rejects; resolves when everybody is in, or was told that he is not. */
  async rejoin(room: LiveRoom, members: readonly LocalMember[]): Promise<void> {
    for (let from = 0; from < members.length; from += AT_ONCE) {
      await Promise.all(members.slice(from, from + AT_ONCE).map((member) => this.#again(room, member)));
    }
  }

  #again(room: LiveRoom, member: LocalMember): Promise<void> {
    const entering = this.#entering.get(member) ?? this.#expected(room, member);
    this.#entering.set(member, entering);
    return entering.finally(() => this.#entering.delete(member));
  }

  /** Expected from the first try to the last: what is heard of one whose reply was lost is no other session of his. */
  async #expected({ roomId, audience }: LiveRoom, member: LocalMember): Promise<void> {
    const expected = audience.beginJoin(member.record.userId, member.sessionId);
    try {
      await this.#tryAgain(roomId, { member, expected });
    } finally {
      audience.endJoin(expected);
    }
  }

  async #tryAgain(roomId: RoomId, entering: Entering): Promise<void> {
    const { clock, logger } = this.#deps;
    const { member } = entering;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#peers.rooms.use(roomId, async (room) => {
          if (room) await this.#one(room, entering);
        });
      } catch (error) {
        // He may be a member again without anybody knowing his session.
        if (error instanceof OutcomeUnknownError) this.#peers.roomLeave.endUnknownLater(roomId, member.record.userId);
        const isAway = error instanceof StoreUnavailableError || error instanceof OutcomeUnknownError;
        logger[isAway ? 'warn' : 'error']({ error, roomId }, 'a member could not be let in again yet');
        if (!isAway || tries >= TRIES_MAX) return this.#putOut(roomId, member);
        await new Promise<void>((resolve) => {
          clock.after(RETRY_MS, resolve);
        });
      }
    }
  }

  #putOut(roomId: RoomId, member: LocalMember): Promise<void> {
    const out = this.#peers.rooms.use(roomId, async (room) => {
      room?.audience.removeMember(member, { reason: 'disconnected' });
    });
    return out.catch(() => undefined);
  }

  async #one(room: LiveRoom, entering: Entering): Promise<void> {
    const { member, expected } = entering;
    const { userId } = member.record;
    const isHere = () => room.audience.members.get(userId) === member;
    await this.#peers.roomLeave.untilLeft(member);
    if (!isHere()) return;
    if (await this.#isReplaced(room, entering)) {
      if (isHere()) room.audience.removeMember(member, { reason: 'replaced' });
      return;
    }
    const entered = await this.#enter(room, entering);
    if (entered === null) return;
    if ('reason' in entered) {
      if (isHere()) room.audience.removeMember(member, entered);
      return;
    }
    await room.catchUpTo(entered);
    const { fence } = entered.member;
    if (awayOf(room.current.state, userId)) {
      await room.executeOwn({ name: 'member:return', payload: { userId, fence } });
    }
    this.#exchange(room, { old: member, entered, expected });
  }

  /** Whether he came in elsewhere meanwhile. A grace that was begun for him is no newer session: it spends the old one. */
  async #isReplaced({ roomId, audience }: LiveRoom, { member, expected }: Entering): Promise<boolean> {
    const { record } = member;
    const { userId } = record;
    const found = (await this.#deps.presence.find(roomId, [userId])).get(userId);
    if (!found || found.fence <= record.fence || found.nodeId === '') return false;
    if (found.fence === record.fence + 1 && found.nodeId === record.nodeId) return false;
    if (found.nodeId !== this.#deps.node.id) return true;
    // It is of this node and nobody here has it: he was let in, and the reply was lost. Unless he is coming in just now.
    if (audience.isJoining(userId, expected)) throw new StoreUnavailableError('a newer session is on its way in');
    return false;
  }

  /** Null when he is no longer here; otherwise his new session, or what he is told. He was let in before: no password. */
  async #enter(room: LiveRoom, { member, expected }: Entering): Promise<Joined | RemovalNotice | null> {
    const { presence, node, random } = this.#deps;
    const { userId, name, avatar, level, rtcUid } = member.record;
    for (let attempt = 0; attempt < ENTRY_ATTEMPTS_MAX; attempt++) {
      if (room.audience.members.get(userId) !== member) return null;
      const { state, entryVersion } = room.current;
      // All of them are being told that.
      if (state.closed) return null;
      const result = await presence.join(room.roomId, {
        userId,
        name,
        avatar,
        level,
        nodeId: node.id,
        door: entryVersion,
        capacity: state.roles.ownerId === userId ? Number.MAX_SAFE_INTEGER : state.settings.capacity,
        rtcUids: [rtcUid, ...Array.from({ length: RTC_UID_CANDIDATES }, () => random.integer(1, UID_MAX + 1))],
      });
      if (result.status === 'joined') {
        room.audience.confirmJoin(result, expected);
        return result;
      }
      if (result.status === 'banned') {
        return { reason: 'banned', ...(result.until === null ? {} : { until: result.until }) };
      }
      if (result.status === 'absent') return { reason: 'roomClosed', by: 'system' };
      if (result.status !== 'door') break;
      await room.catchUp();
    }
    return { reason: 'disconnected' };
  }

  /** From here on nothing is awaited: his new session takes the place of the old one in one moment. */
  #exchange(room: LiveRoom, { old, entered, expected }: Exchange): void {
    const { audience, current } = room;
    const { member: record } = entered;
    const member: LocalMember = { sessionId: old.sessionId, record, recipient: null };
    const { sessions, roomLeave } = this.#peers;
    const isHere = audience.members.get(record.userId) === old && sessions.isOpen(old.sessionId);
    // He went meanwhile, or is about to by his own will, or a newer session of his came: that one is the feed's to announce.
    if (!isHere || roomLeave.isLeaving(old)) {
      void roomLeave.dropFrom(room.roomId, member);
      return;
    }
    const isReplaced = expected.newestFence > record.fence;
    const isOver = isReplaced || expected.ended?.fence === record.fence;
    audience.removeMember(old, isOver ? { reason: isReplaced ? 'replaced' : 'disconnected' } : null);
    if (isOver) return;
    audience.addMember(member);
    this.#peers.sessions.onJoined(member.sessionId, room.roomId, member);
    audience.sendSnapshots([member]);
    this.#grant(room, old, member);
    if (current.state.closed) audience.removeMember(member, { reason: 'roomClosed', by: current.state.closed.by });
  }

  /** What he holds stays good, unless his number in the voice channel or his right has changed. */
  #grant({ current: { state }, revalidate }: LiveRoom, old: LocalMember, member: LocalMember): void {
    const { grants } = this.#deps;
    const { userId, rtcUid } = member.record;
    if (rtcUid !== old.record.rtcUid || maySpeak(state, userId)) {
      grants.push(state, member, { reason: 'renewal', revalidate });
    } else grants.renewLater(member, grants.mint(state, member.record), revalidate);
  }
}

/** Somebody on his way in. */
interface Entering {
  readonly member: LocalMember;
  readonly expected: PendingJoin;
}

interface Exchange {
  readonly old: LocalMember;
  readonly entered: Joined;
  readonly expected: PendingJoin;
}

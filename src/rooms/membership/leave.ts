// Going out of a room: leaving on purpose, and a dropped connection with its grace (ROOM-3, PRES-1). Must not know how
// one comes in; what the stage makes of it is decided in domain/stage-membership.
import { awayOf } from '../../domain/room.ts';
import type { RoomId, SessionId, UserId } from '../../protocol/ids.ts';
import { HANDOVER_MS } from '../../store/lease-store.ts';
import type { SessionFence } from '../../store/room-store.ts';
import { StoreUnavailableError } from '../../store/store-errors.ts';
import { type LocalMember, toActor } from '../contract/local-members.ts';
import { fail, type Outcome, succeed } from '../contract/outcome.ts';
import type { RevocationTarget } from '../contract/revocation.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import type { ConnectionRooms } from './connection-rooms.ts';

/** A listener holds nothing on the stage: his place is kept by his node alone, for so long (PRES-1). */
export const LISTENER_GRACE_MS = 15_000;

/** A time that runs on this node alone: a listener's grace, or the while that a member has to move to another node. */
interface Grace {
  readonly roomId: RoomId;
  readonly userId: UserId;
  /** The session it is about; 0 when that is not known. */
  readonly fence: number;
  /** Ends it early, with all that he has here. */
  readonly end: () => Promise<void>;
  readonly cancel: () => void;
}

interface Ending {
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly fence: number;
  readonly afterMs: number;
  /** What happens when the time is over; `early`: when it is cut short. Neither rejects. */
  readonly task: () => Promise<void>;
  readonly early?: () => Promise<void>;
}

/** No join takes so long. */
const ENDED_MEMORY_MS = 60_000;

/** Stands for the connection of a join whose reply was lost; no connection has this id. */
const UNKNOWN_SESSION = '-' as SessionId;

export class RoomLeave {
  readonly #deps: RoomDeps;
  readonly #rooms: LiveRooms;
  readonly #sessions: ConnectionRooms;
  /** Who is just leaving; a connection that ends meanwhile does not make a drop of it. */
  readonly #leaving = new Map<LocalMember, Promise<unknown>>();
  readonly #graces = new Set<Grace>();
  /** Sessions of this node that were revoked lately: a join of theirs may be on its way still. */
  readonly #revoked = new Set<SessionId>();
  /** And those that were sent on to other nodes. */
  readonly #handedOver = new Set<SessionId>();

  constructor(deps: RoomDeps, rooms: LiveRooms, sessions: ConnectionRooms) {
    this.#deps = deps;
    this.#rooms = rooms;
    this.#sessions = sessions;
  }

  /** Explicit leaving has no grace (ROOM-3). */
  leave(sessionId: SessionId, roomId: RoomId): Promise<Outcome> {
    const member = this.#sessions.memberOf(sessionId, roomId);
    if (!member) return Promise.resolve(fail('NOT_A_MEMBER'));
    const leaving = this.#leave(roomId, member);
    const done = () => this.#leaving.delete(member);
    this.#leaving.set(member, leaving.then(done, done));
    return leaving;
  }

  /** Resolves when he is not (any more) about to leave on purpose; whether he did shows by the members. */
  async untilLeft(member: LocalMember): Promise<void> {
    await this.#leaving.get(member);
  }

  isLeaving(member: LocalMember): boolean {
    return this.#leaving.has(member);
  }

  #leave(roomId: RoomId, member: LocalMember): Promise<Outcome> {
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return fail('ROOM_NOT_FOUND');
      const outcome = await this.#endMembership(room, member);
      if (!outcome.ok) return outcome;
      room.audience.removeMember(member, null);
      return succeed();
    });
  }

  async #endMembership(room: LiveRoom, member: LocalMember): Promise<Outcome> {
    const { userId, fence } = member.record;
    const left = await this.#deps.presence.leave(room.roomId, { userId, fence });
    if (left !== 'pinned') return succeed();
    return room.executeOwn({ name: 'member:leave', payload: { userId, fence } }, toActor(member));
  }

  /** The connection ended without a word: whatever it was a member of goes into its grace (PRES-1). Never rejects. */
  async drop(sessionId: SessionId): Promise<void> {
    const places = this.#sessions.close(sessionId);
    await Promise.all(places.map(({ roomId, member }) => this.dropFrom(roomId, member)));
  }

  /**
   * The connection was sent on to another node (CONN-12): what it is a member of stays as it is for MOVING_MS. Whoever
   * has not come back by then was dropped. Never rejects.
   */
  async handOver(sessionId: SessionId): Promise<void> {
    this.#remember(this.#handedOver, sessionId);
    await this.drop(sessionId);
  }

  /** The same for one membership. Never rejects: what could not be recorded now is tried again after the grace. */
  dropFrom(roomId: RoomId, member: LocalMember): Promise<void> {
    // Whoever was revoked has no grace, however late his join has come through.
    if (this.#revoked.has(member.sessionId)) return this.#revokeFrom(roomId, member);
    return this.#handedOver.has(member.sessionId)
      ? this.#handOverFrom(roomId, member)
      : this.#graceFrom(roomId, member);
  }

  #handOverFrom(roomId: RoomId, member: LocalMember): Promise<void> {
    const { userId, fence } = member.record;
    this.#runGrace({
      roomId,
      userId,
      fence,
      afterMs: HANDOVER_MS,
      task: () => this.#graceFrom(roomId, member),
      early: () => this.#revokeFrom(roomId, member),
    });
    const end = this.#rooms.use(roomId, async (room) => {
      await this.#leaving.get(member);
      room?.audience.removeMember(member, null);
    });
    return end.catch((error: unknown) => {
      this.#deps.logger.warn({ error, roomId }, 'a connection that moves on is still a member here');
    });
  }

  #graceFrom(roomId: RoomId, member: LocalMember): Promise<void> {
    return this.#beginGrace(roomId, member).catch((error: unknown) => {
      this.#deps.logger.warn({ error, roomId }, 'a dropped connection could not be recorded yet');
      this.#endListeningLater(roomId, member);
    });
  }

  #beginGrace(roomId: RoomId, member: LocalMember): Promise<void> {
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return;
      await this.#leaving.get(member);
      room.audience.removeMember(member, null);
      // All memberships ended with the room.
      if (room.current.state.closed) return;
      const { userId, fence } = member.record;
      const outcome = await room.executeOwn({ name: 'member:drop', payload: { userId, fence } });
      const isOvertaken = !outcome.ok && outcome.overtakenBy !== undefined;
      const isKeptByStage = outcome.ok && awayOf(room.current.state, userId)?.fence === fence + 1;
      if (!isOvertaken && !isKeptByStage) this.#endListeningLater(roomId, member);
    });
  }

  #endListeningLater(roomId: RoomId, member: LocalMember): void {
    const { userId, fence } = member.record;
    const task = () => this.#endListening(roomId, member);
    this.#runGrace({ roomId, userId, fence, afterMs: LISTENER_GRACE_MS, task });
  }

  /** Meanwhile the room counts as held by this node: whoever comes after it must find those who wait here (PRES-3). */
  #runGrace({ roomId, userId, fence, afterMs, task, early = task }: Ending): void {
    const { holdings, clock } = this.#deps;
    const holding = holdings.hold(roomId).then(
      () => () => holdings.release(roomId),
      () => () => undefined,
    );
    const end = async (act: () => Promise<void>) => {
      cancel();
      this.#graces.delete(grace);
      await act();
      (await holding)();
    };
    const cancel = clock.after(afterMs, () => void end(task));
    const grace: Grace = { roomId, userId, fence, cancel, end: () => end(early) };
    this.#graces.add(grace);
  }

  /** Whether that session's time in the room runs here; that of another session of his ends without ending this one. */
  hasGraceFor(roomId: RoomId, { userId, fence }: SessionFence): boolean {
    const isOfSession = (grace: Grace) => grace.userId === userId && (grace.fence === fence || grace.fence === 0);
    return [...this.#graces].some((grace) => grace.roomId === roomId && isOfSession(grace));
  }

  /**
   * A join got no reply: he may be a member without anybody knowing his session. If, after the grace of a listener,
   * the store has such a session of this node and no connection here has it, it is ended like a dropped one.
   */
  endUnknownLater(roomId: RoomId, userId: UserId): void {
    const task = () => this.#endUnknown(roomId, userId);
    this.#runGrace({ roomId, userId, fence: 0, afterMs: LISTENER_GRACE_MS, task });
  }

  #endUnknown(roomId: RoomId, userId: UserId): Promise<void> {
    const { presence, node, logger } = this.#deps;
    const end = this.#rooms.use(roomId, async (room) => {
      // He is trying again right now: whether that succeeds is seen later.
      if (room?.audience.isJoining(userId)) return this.endUnknownLater(roomId, userId);
      const record = (await presence.find(roomId, [userId])).get(userId);
      const known = room?.audience.members.get(userId);
      const isOurs = record?.nodeId === node.id && known?.record.fence !== record.fence;
      // The session that he had when he joined again is over all the same.
      if (record && known && known.record.fence < record.fence)
        room?.audience.removeMember(known, { reason: 'disconnected' });
      if (record && isOurs) void this.dropFrom(roomId, { sessionId: UNKNOWN_SESSION, record, recipient: null });
    });
    return end.catch((error: unknown) => {
      logger.warn({ error, roomId }, 'a join without a reply could not be looked up yet');
      this.endUnknownLater(roomId, userId);
    });
  }

  /**
   * His rooms end for him without a grace (CONN-13). Resolves when his connections here have been told so; what the
   * store must be told goes on by itself.
   */
  async revoke({ userId, sessions, at }: RevocationTarget): Promise<void> {
    for (const sessionId of sessions) this.#remember(this.#revoked, sessionId);
    // Fences are the store's microseconds.
    const fenceMax = (at + 1) * 1000;
    for (const grace of [...this.#graces]) {
      if (grace.userId === userId && grace.fence <= fenceMax) void grace.end();
    }
    for (const room of await this.#rooms.all()) {
      const member = room.audience.members.get(userId);
      if (member && sessions.has(member.sessionId)) {
        room.audience.removeMember(member, { reason: 'revoked' });
        void this.#revokeFrom(room.roomId, member);
      }
      const away = awayOf(room.current.state, userId);
      if (away && away.fence <= fenceMax) void this.#endAway(room.roomId, { userId, fence: away.fence });
    }
  }

  #remember(list: Set<SessionId>, sessionId: SessionId): void {
    list.add(sessionId);
    this.#deps.clock.after(ENDED_MEMORY_MS, () => list.delete(sessionId));
  }

  #revokeFrom(roomId: RoomId, member: LocalMember): Promise<void> {
    const { userId, fence } = member.record;
    const end = this.#rooms.use(roomId, async (room) => {
      const left = await this.#deps.presence.leave(roomId, { userId, fence });
      if (left !== 'pinned' || !room) return;
      const outcome = await room.executeOwn({ name: 'member:leave', payload: { userId, fence, reason: 'service' } });
      if (!outcome.ok && !outcome.overtakenBy) throw new StoreUnavailableError(outcome.rejection.code);
    });
    return end.catch((error: unknown) => {
      this.#deps.logger.warn({ error, roomId }, 'a revoked member goes into a grace: he could not be removed at once');
      return this.#graceFrom(roomId, member);
    });
  }

  /** If it fails, his grace ends him all the same. */
  #endAway(roomId: RoomId, session: { readonly userId: UserId; readonly fence: number }): Promise<unknown> {
    const payload = { ...session, reason: 'service' } as const;
    const end = this.#rooms.use(roomId, async (room) => room?.executeOwn({ name: 'member:leave', payload }));
    return end.catch((error: unknown) => this.#deps.logger.warn({ error, roomId }, 'a grace could not be cut short'));
  }

  /** This node ends nothing any more: whoever looks after its rooms does. */
  close(): void {
    for (const { cancel } of this.#graces) cancel();
    this.#graces.clear();
  }

  /** A listener did not come back. If the stage took hold of him meanwhile, he has a grace there. Never rejects. */
  #endListening(roomId: RoomId, member: LocalMember): Promise<void> {
    const { userId, fence } = member.record;
    const end = this.#rooms.use(roomId, async (room) => {
      const left = await this.#deps.presence.leave(roomId, { userId, fence });
      if (left !== 'pinned' || !room) return;
      const outcome = await room.executeOwn({ name: 'member:drop', payload: { userId, fence } });
      if (!outcome.ok && !outcome.overtakenBy) this.#endListeningLater(roomId, member);
    });
    return end.catch((error: unknown) => {
      this.#deps.logger.warn({ error, roomId }, 'a listener who is gone could not be removed yet');
      this.#endListeningLater(roomId, member);
    });
  }
}

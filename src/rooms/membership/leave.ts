// The ways out of a room, and which of them begin a grace (ROOM-3, PRES-1, CONN-12, CONN-13).
//
//   ending          cause                                        grace
//   left            room:leave                                   none
//   dropped         the connection ended                         yes: a pinned user's on the stage, a listener's here
//   handed over     this node sent it to another node            10 s as a connected member, then dropped
//   revoked         the user's tokens are not valid any more     none; as dropped if that fails
//   unknown         a join had no reply                          15 s here; then dropped if such a session is found
import { awayOf } from '../../domain/room.ts';
import { assertNever } from '../../lang/assert.ts';
import type { RoomId, SessionId, UserId } from '../../protocol/ids.ts';
import { HANDOVER_MS } from '../../store/lease-store.ts';
import type { SessionFence } from '../../store/room-store.ts';
import { StoreUnavailableError } from '../../store/store-errors.ts';
import { type LocalMember, toActor } from '../contract/local-members.ts';
import { fail, isSessionOver, type Outcome, succeed } from '../contract/outcome.ts';
import type { RevocationTarget } from '../contract/revocation.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import type { ConnectionRooms } from './connection-rooms.ts';
import { dropOf, endSession, leaveOf, revocationOf } from './end-session.ts';
import { LocalGraces } from './local-graces.ts';

/** The stage does not know a listener: only the member's node keeps the place, for this time (PRES-1). */
export const LISTENER_GRACE_MS = 15_000;

/** How long an ending is remembered for joins of that connection that are still under way. No join takes this long. */
const ENDING_MEMORY_MS = 60_000;

/** Stands for the connection of a join without a reply; no connection has this id. */
const UNKNOWN_SESSION = '-' as SessionId;

/** How the memberships of a connection end that did not leave; the default is `dropped`. */
type Ending = 'dropped' | 'handedOver' | 'revoked';

/** The rooms of this node, the connections in them, and the ways out of them. */
export interface RoomPeers {
  readonly rooms: LiveRooms;
  readonly sessions: ConnectionRooms;
  readonly roomLeave: RoomLeave;
}

export class RoomLeave {
  readonly #deps: RoomDeps;
  readonly #rooms: LiveRooms;
  readonly #sessions: ConnectionRooms;
  /** Members whose `room:leave` is under way. If the connection ends meanwhile, that is not a drop. */
  readonly #leaving = new Map<LocalMember, Promise<unknown>>();
  readonly #endings = new Map<SessionId, Ending>();
  readonly #graces: LocalGraces;

  constructor(deps: RoomDeps, rooms: LiveRooms, sessions: ConnectionRooms) {
    this.#deps = deps;
    this.#rooms = rooms;
    this.#sessions = sessions;
    this.#graces = new LocalGraces(deps);
  }

  // Left.

  leave(sessionId: SessionId, roomId: RoomId): Promise<Outcome> {
    const member = this.#sessions.memberOf(sessionId, roomId);
    if (!member) return Promise.resolve(fail('NOT_A_MEMBER'));
    const leaving = this.#leave(roomId, member);
    const done = () => this.#leaving.delete(member);
    this.#leaving.set(member, leaving.then(done, done));
    return leaving;
  }

  #leave(roomId: RoomId, member: LocalMember): Promise<Outcome> {
    const { presence } = this.#deps;
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return fail('ROOM_NOT_FOUND');
      const outcome = await endSession({ presence, roomId, room }, leaveOf(member.record), toActor(member));
      if (!outcome.ok) return outcome;
      room.audience.removeMember(member, null);
      return succeed();
    });
  }

  /** Resolves when no `room:leave` of the member is under way. Whether it succeeded shows in the room's members. */
  async untilLeft(member: LocalMember): Promise<void> {
    await this.#leaving.get(member);
  }

  isLeaving(member: LocalMember): boolean {
    return this.#leaving.has(member);
  }

  // Dropped, handed over, revoked: the endings of a connection.

  /** The connection ended without `room:leave`: all its memberships go into their graces (PRES-1). Never rejects. */
  async drop(sessionId: SessionId): Promise<void> {
    const memberships = this.#sessions.close(sessionId);
    await Promise.all(memberships.map(({ roomId, member }) => this.dropFrom(roomId, member)));
  }

  /**
   * The connection was sent to another node (CONN-12): its memberships stay as they are for HANDOVER_MS. A member that
   * has not come back by then was dropped. Never rejects.
   */
  async handOver(sessionId: SessionId): Promise<void> {
    // A revoked connection stays revoked.
    if (this.#endings.get(sessionId) !== 'revoked') this.#remember(sessionId, 'handedOver');
    await this.drop(sessionId);
  }

  #remember(sessionId: SessionId, ending: Ending): void {
    this.#endings.set(sessionId, ending);
    this.#deps.clock.after(ENDING_MEMORY_MS, () => {
      if (this.#endings.get(sessionId) === ending) this.#endings.delete(sessionId);
    });
  }

  /** However late its join came through. What cannot be recorded now is tried again after a grace. Never rejects. */
  dropFrom(roomId: RoomId, member: LocalMember): Promise<void> {
    const ending = this.#endings.get(member.sessionId) ?? 'dropped';
    switch (ending) {
      case 'dropped':
        return this.#beginGrace(roomId, member);
      case 'handedOver':
        return this.#beginHandover(roomId, member);
      case 'revoked':
        return this.#removeRevoked(roomId, member);
      default:
        return assertNever(ending);
    }
  }

  #beginGrace(roomId: RoomId, member: LocalMember): Promise<void> {
    const begun = this.#rooms.use(roomId, async (room) => {
      if (!room) return;
      await this.#leaving.get(member);
      room.audience.removeMember(member, null);
      // All memberships ended with the room.
      if (room.current.state.closed) return;
      if (!(await this.#beginStageGrace(room, member))) this.#endListenerLater(roomId, member);
    });
    return begun.catch((error: unknown) => {
      this.#deps.logger.warn({ event: 'room.drop.retry', error, roomId }, 'A drop could not be recorded yet.');
      this.#endListenerLater(roomId, member);
    });
  }

  /** False when the stage keeps no grace for this session although nothing has replaced it: the user is a listener. */
  async #beginStageGrace(room: LiveRoom, { record }: LocalMember): Promise<boolean> {
    const outcome = await room.executeOwn(dropOf(record));
    // A grace takes the next fence.
    return outcome.ok ? awayOf(room.current.state, record.userId)?.fence === record.fence + 1 : isSessionOver(outcome);
  }

  #endListenerLater(roomId: RoomId, member: LocalMember): void {
    const { userId, fence } = member.record;
    const onEnd = () => this.#endListener(roomId, member);
    this.#graces.begin({ roomId, userId, fence, afterMs: LISTENER_GRACE_MS, onEnd });
  }

  /** A listener did not come back. If the stage has pinned them meanwhile, their grace is there. Never rejects. */
  #endListener(roomId: RoomId, member: LocalMember): Promise<void> {
    const { presence, logger } = this.#deps;
    const end = this.#rooms.use(roomId, async (room) => {
      const outcome = await endSession({ presence, roomId, room }, dropOf(member.record));
      if (!isSessionOver(outcome)) this.#endListenerLater(roomId, member);
    });
    return end.catch((error: unknown) => {
      logger.warn({ event: 'room.listener.retry', error, roomId }, 'A listener could not be removed yet.');
      this.#endListenerLater(roomId, member);
    });
  }

  #beginHandover(roomId: RoomId, member: LocalMember): Promise<void> {
    const { userId, fence } = member.record;
    const onEnd = () => this.#beginGrace(roomId, member);
    const onCut = () => this.#removeRevoked(roomId, member);
    this.#graces.begin({ roomId, userId, fence, afterMs: HANDOVER_MS, onEnd, onCut });
    const removal = this.#rooms.use(roomId, async (room) => {
      await this.#leaving.get(member);
      room?.audience.removeMember(member, null);
    });
    return removal.catch((error: unknown) => {
      this.#deps.logger.warn({ event: 'room.handover.failed', error, roomId }, 'A member stays here after a handover.');
    });
  }

  /**
   * Ends the user's memberships without a grace (CONN-13). Resolves when the user's connections here have their
   * farewells; the changes in the store go on in the background.
   */
  async revoke({ userId, sessions, at }: RevocationTarget): Promise<void> {
    for (const sessionId of sessions) this.#remember(sessionId, 'revoked');
    // Fences are the store's microseconds.
    const fenceMax = (at + 1) * 1000;
    this.#graces.cutShort(userId, fenceMax);
    for (const room of await this.#rooms.all()) {
      const member = room.members.get(userId);
      if (member && sessions.has(member.sessionId)) {
        room.audience.removeMember(member, { reason: 'revoked' });
        void this.#removeRevoked(room.roomId, member);
      }
      const away = awayOf(room.current.state, userId);
      if (away && away.fence <= fenceMax) void this.#endStageGrace(room.roomId, { userId, fence: away.fence });
    }
  }

  #removeRevoked(roomId: RoomId, member: LocalMember): Promise<void> {
    const { presence, logger } = this.#deps;
    const end = this.#rooms.use(roomId, async (room) => {
      const outcome = await endSession({ presence, roomId, room }, revocationOf(member.record));
      if (!outcome.ok && !isSessionOver(outcome)) throw new StoreUnavailableError(outcome.rejection.code);
    });
    return end.catch((error: unknown) => {
      logger.warn({ event: 'room.revoke.failed', error, roomId }, 'A revoked member goes into a grace.');
      return this.#beginGrace(roomId, member);
    });
  }

  /** If it fails, the grace ends in its own time. */
  #endStageGrace(roomId: RoomId, session: SessionFence): Promise<unknown> {
    const end = this.#rooms.use(roomId, async (room) => room?.executeOwn(revocationOf(session)));
    return end.catch((error: unknown) => {
      this.#deps.logger.warn({ event: 'room.grace.cut_failed', error, roomId }, 'A grace could not be cut short.');
    });
  }

  // Unknown.

  /**
   * A join had no reply, so the user may be a member under a fence that no node knows. After a listener's grace this
   * node asks the store. A session of this node that no connection here has is then ended as if dropped.
   */
  endUnknownLater(roomId: RoomId, userId: UserId): void {
    const onEnd = () => this.#endUnknown(roomId, userId);
    this.#graces.begin({ roomId, userId, fence: 'unknown', afterMs: LISTENER_GRACE_MS, onEnd });
  }

  #endUnknown(roomId: RoomId, userId: UserId): Promise<void> {
    const { presence, node, logger } = this.#deps;
    const end = this.#rooms.use(roomId, async (room) => {
      // The user is trying again right now; look when that is over.
      if (room?.pendingJoins.has(userId)) return this.endUnknownLater(roomId, userId);
      const record = (await presence.find(roomId, [userId])).get(userId);
      if (!record) return;
      const local = room?.members.get(userId);
      // The session that the user had before the join is over in any case.
      if (local && local.record.fence < record.fence) room?.audience.removeMember(local, { reason: 'disconnected' });
      const isOrphan = record.nodeId === node.id && local?.record.fence !== record.fence;
      if (isOrphan) void this.dropFrom(roomId, { sessionId: UNKNOWN_SESSION, record, recipient: null });
    });
    return end.catch((error: unknown) => {
      logger.warn({ event: 'room.lost_join.retry', error, roomId }, 'A join without a reply could not be looked up.');
      this.endUnknownLater(roomId, userId);
    });
  }

  /** Whether the time of that session runs on this node. */
  hasGraceFor(roomId: RoomId, session: SessionFence): boolean {
    return this.#graces.has(roomId, session);
  }

  /** This node ends nothing from now on: the node that takes over its rooms does. */
  close(): void {
    this.#graces.close();
  }
}

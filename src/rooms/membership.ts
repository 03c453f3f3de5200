// Coming into a room and going out of it: join, leave, a dropped connection and its grace (ROOM-2, ROOM-3, PRES-1).
// The stage's part of it is decided in domain/stage-membership.
import { awayOf, isStaff } from '../domain/room.ts';
import type { CommitRecord } from '../domain/stage-event.ts';
import type { MemberKind } from '../domain/view.ts';
import type { Payload } from '../protocol/commands.ts';
import type { RoomId, SessionId } from '../protocol/ids.ts';
import type { MemberRecord } from '../store/presence-store.ts';
import type { Caller } from './caller.ts';
import type { HeldRoom } from './held-room.ts';
import type { HeldRooms } from './held-rooms.ts';
import { type LocalMember, toActor } from './local-members.ts';
import { type Outcome, refuse, refuseForNow, succeed } from './outcome.ts';
import { isPassword } from './password.ts';
import type { Expected } from './room-audience.ts';
import type { RoomParts } from './room-parts.ts';
import type { Sessions } from './sessions.ts';
import { buildAudience, buildSnapshot, buildYou, toUpdate } from './snapshot.ts';

/** CONN-8: what one connection may follow; more would be a crawler, not a listener. */
const ROOMS_PER_SESSION_MAX = 4;
/** A listener holds nothing on the stage: his place is kept by his node alone, for so long (PRES-1). */
export const LISTENER_GRACE_MS = 15_000;
/** Entry conditions that change so often while somebody enters are not worth waiting for. */
const DOOR_ATTEMPTS_MAX = 8;
const RTC_UID_CANDIDATES = 8;
const RTC_UID_MAX = 2 ** 31 - 1;

type Position = { readonly epoch: string; readonly version: number };
/** Sends the ack; called in the very step in which the member is registered, so that no update overtakes it. */
export type Reply = (outcome: Outcome) => void;

interface JoinOptions {
  readonly reply: Reply;
  readonly prepare?: () => Promise<Outcome | null>;
}

export class Membership {
  readonly #parts: RoomParts;
  readonly #rooms: HeldRooms;
  readonly #sessions: Sessions;
  readonly #joining = new Map<string, Promise<void>>();
  readonly #graces = new Set<() => Promise<void>>();

  constructor(parts: RoomParts, rooms: HeldRooms, sessions: Sessions) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.#sessions = sessions;
  }

  /** `prepare` runs once a place is booked, before the room is entered; its outcome, if any, is the answer. */
  async join(caller: Caller, payload: Payload<'room:join'>, { reply, prepare }: JoinOptions): Promise<void> {
    const { sessionId } = caller;
    const { roomId } = payload;
    if (!this.#sessions.book(sessionId, roomId, ROOMS_PER_SESSION_MAX)) {
      return reply(refuse('TOO_MANY_ROOMS', { limit: ROOMS_PER_SESSION_MAX }));
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

  async #joinBooked(caller: Caller, payload: Payload<'room:join'>, reply: Reply): Promise<void> {
    const { sessionId, userId } = caller;
    const { roomId } = payload;
    await this.#rooms.use(roomId, async (room) => {
      if (!room) return reply(refuse('ROOM_NOT_FOUND'));
      const expected = room.audience.expect(userId, sessionId);
      try {
        const entered = await this.#enter(room, caller, payload.password);
        if ('ok' in entered) return reply(entered);
        const entry = { caller, record: entered, expected, resume: payload.resume ?? null };
        await this.#welcome(room, entry, reply).catch((error: unknown) => {
          // He is a member without a connection: as good as dropped.
          void this.#dropQuietly(roomId, { sessionId, record: entered, awaitsSnapshot: false });
          throw error;
        });
      } finally {
        room.audience.unexpect(expected);
      }
    });
  }

  /** Through the door: the conditions are judged on this node's copy and held by the store (P4). */
  async #enter(room: HeldRoom, caller: Caller, password: string | undefined): Promise<MemberRecord | Outcome> {
    for (let attempt = 0; attempt < DOOR_ATTEMPTS_MAX; attempt++) {
      const { state, door } = room.current;
      if (state.closed) return refuse('ROOM_CLOSED', { reason: state.closed.reason });
      if (!(await this.#isAdmitted(room, caller, password))) return refuse('WRONG_PASSWORD');
      const { userId, name, avatar, level } = caller;
      const result = await this.#parts.presence.join(room.roomId, {
        userId,
        name,
        avatar,
        level,
        nodeId: this.#parts.nodeId,
        door,
        // The owner is never kept out of his own room.
        capacity: state.roles.ownerId === userId ? Number.MAX_SAFE_INTEGER : state.settings.capacity,
        rtcUids: Array.from({ length: RTC_UID_CANDIDATES }, () => this.#parts.random.integer(1, RTC_UID_MAX + 1)),
      });
      if (result.status === 'joined') {
        room.audience.count = result.count;
        await room.reach(result);
        return result.member;
      }
      if (result.status === 'full') return refuse('ROOM_FULL', { capacity: state.settings.capacity });
      if (result.status === 'absent') return refuse('ROOM_NOT_FOUND');
      if (result.status === 'door') await room.catchUp();
    }
    return refuseForNow('OVERLOADED');
  }

  /** The owner and those who are members already need no password. */
  async #isAdmitted(room: HeldRoom, { userId }: Caller, password: string | undefined): Promise<boolean> {
    const { secrets, roles } = room.current.state;
    if (secrets.passwordHash === null || roles.ownerId === userId) return true;
    if (password !== undefined && (await isPassword(password, secrets.passwordHash))) return true;
    return (await this.#parts.presence.find(room.roomId, [userId])).has(userId);
  }

  async #welcome(room: HeldRoom, entry: Entry, reply: Reply): Promise<void> {
    const { caller, record, resume, expected } = entry;
    const { userId, fence } = record;
    if (awayOf(room.current.state, userId)) {
      await room.executeOwn({ name: 'member:return', payload: { userId, fence } });
    }
    const missed = resume && (await this.missedSince(room, userId, resume));
    const audience = await room.audience.sample();
    // From here to the reply nothing is awaited: the snapshot, the registration and the ack are one moment.
    const member: LocalMember = { sessionId: caller.sessionId, record, awaitsSnapshot: false };
    // The connection ended while its join was on the way: the membership it made goes into its grace.
    if (!this.#sessions.isOpen(caller.sessionId)) return void this.#dropQuietly(room.roomId, member);
    if (expected.newestFence > fence) return reply(refuse('NOT_A_MEMBER', { replaced: true }));
    const { current } = room;
    if (current.state.closed) return reply(refuse('ROOM_CLOSED', { reason: current.state.closed.reason }));
    const grant = this.#parts.grants.mint(current.state, record);
    const you = buildYou(current.state, record);
    const old = room.audience.members.get(userId);
    if (old) room.audience.dismiss(old, old.sessionId === caller.sessionId ? null : { reason: 'replaced' });
    room.audience.members.add(member);
    this.#sessions.entered(caller.sessionId, room.roomId, member);
    this.#parts.grants.renewLater(member, grant, () => room.revalidate(member));
    const isCurrent = missed !== null && missed.version === current.version && missed.epoch === current.epoch;
    const shown = isCurrent
      ? { ...missed, audience: buildAudience(current.state, audience) }
      : { room: buildSnapshot(current, kindOf(room, userId), audience) };
    reply(succeed({ ...shown, you, grant }));
  }

  /**
   * What a reader at that position missed, as his kind is shown it; null when only the whole room will do: the log
   * does not cover it, or his kind changed on the way (SYNC-2, SYNC-8). Brings this node's copy up to date, too.
   */
  async missedSince(room: HeldRoom, userId: string, position: Position) {
    const read = await this.#parts.store.since(room.roomId, position);
    await room.catchUp();
    if (read.status !== 'records' || read.records.some((record) => concernsRoleOf(record, userId))) return null;
    const kind = kindOf(room, userId);
    const updates = read.records.flatMap((record) => toUpdate(record, kind) ?? []);
    return { updates, epoch: position.epoch, version: read.version };
  }

  /** Explicit leaving has no grace (ROOM-3). */
  leave(sessionId: SessionId, roomId: RoomId): Promise<Outcome> {
    const member = this.#sessions.memberOf(sessionId, roomId);
    if (!member) return Promise.resolve(refuse('NOT_A_MEMBER'));
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return refuse('ROOM_NOT_FOUND');
      const outcome = await this.#endMembership(room, member);
      if (outcome.ok) room.audience.dismiss(member, null);
      return outcome.ok ? succeed() : outcome;
    });
  }

  async #endMembership(room: HeldRoom, member: LocalMember): Promise<Outcome> {
    const { userId, fence } = member.record;
    const left = await this.#parts.presence.leave(room.roomId, { userId, fence });
    if (left !== 'held') return succeed();
    return room.execute({ name: 'member:leave', payload: { userId, fence } }, toActor(member));
  }

  /** The connection ended without a word: whatever it was a member of goes into its grace (PRES-1). */
  async drop(sessionId: SessionId): Promise<void> {
    const places = this.#sessions.end(sessionId);
    await Promise.all(places.map(({ roomId, member }) => this.#dropQuietly(roomId, member)));
  }

  /** Never rejects: what could not be recorded now is tried again after the grace. */
  #dropQuietly(roomId: RoomId, member: LocalMember): Promise<void> {
    return this.#dropFrom(roomId, member).catch((error: unknown) => {
      this.#parts.logger.warn({ error, roomId }, 'a dropped connection could not be recorded yet');
      this.#endListeningLater(roomId, member);
    });
  }

  #dropFrom(roomId: RoomId, member: LocalMember): Promise<void> {
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return;
      room.audience.dismiss(member, null);
      const { userId, fence } = member.record;
      const outcome = await room.executeOwn({ name: 'member:drop', payload: { userId, fence } });
      const isKept =
        outcome.ok && (awayOf(room.current.state, userId)?.fence === fence + 1 || outcome.data.stale === true);
      if (!isKept) this.#endListeningLater(roomId, member);
    });
  }

  #endListeningLater(roomId: RoomId, member: LocalMember): void {
    const end = () => {
      cancel();
      this.#graces.delete(end);
      return this.#endListening(roomId, member);
    };
    const cancel = this.#parts.clock.after(LISTENER_GRACE_MS, () => void end());
    this.#graces.add(end);
  }

  /** Ends at once what this node alone would have ended later; nobody else knows of these graces. */
  async endGraces(): Promise<void> {
    await Promise.all([...this.#graces].map((end) => end()));
  }

  /** A listener did not come back. If the stage took hold of him meanwhile, he has a grace there. Never rejects. */
  #endListening(roomId: RoomId, member: LocalMember): Promise<void> {
    const { userId, fence } = member.record;
    const end = this.#rooms.use(roomId, async (room) => {
      const left = await this.#parts.presence.leave(roomId, { userId, fence });
      if (left === 'held') await room?.executeOwn({ name: 'member:drop', payload: { userId, fence } });
    });
    return end.catch((error: unknown) => {
      this.#parts.logger.warn({ error, roomId }, 'a listener who is gone could not be removed yet');
      this.#endListeningLater(roomId, member);
    });
  }
}

interface Entry {
  readonly caller: Caller;
  readonly record: MemberRecord;
  readonly expected: Expected;
  readonly resume: Position | null;
}

const kindOf = (room: HeldRoom, userId: string): MemberKind =>
  isStaff(room.current.state, userId) ? 'staff' : 'public';

const concernsRoleOf = (record: CommitRecord, userId: string): boolean =>
  record.events.some((event) => {
    if (event.type === 'admin.added' || event.type === 'admin.removed') return event.userId === userId;
    return event.type === 'owner.changed' && (event.from === userId || event.to === userId);
  });

// Where every command of every client enters a room. Must not know sockets, Redis or a rule.

import type { StageCommand } from '../domain/stage-command.ts';
import type { Command, Payload } from '../protocol/commands.ts';
import type { RoomId, SessionId } from '../protocol/ids.ts';
import type { DirectoryEntry, DirectoryPage, DirectoryStore } from '../store/directory-store.ts';
import type { Caller } from './caller.ts';
import { Departures } from './departures.ts';
import { DirectoryAnnouncer, toEntry } from './directory-announcer.ts';
import { createRoom, idFor } from './founding.ts';
import { HeldRooms } from './held-rooms.ts';
import { toActor } from './local-members.ts';
import { Membership, type Reply } from './membership.ts';
import { type Outcome, refuse, rejectionOf, repeat, succeed } from './outcome.ts';
import { hashPassword } from './password.ts';
import { missedSince } from './resume.ts';
import type { RoomParts } from './room-parts.ts';
import { Sessions } from './sessions.ts';
import { buildWhole } from './shown.ts';

export type RoomServiceParts = Omit<RoomParts, 'onDismissed'> & { readonly directory: DirectoryStore };

export class RoomService {
  readonly #parts: RoomServiceParts;
  readonly #sessions = new Sessions();
  readonly #rooms: HeldRooms;
  readonly #membership: Membership;
  readonly #departures: Departures;
  readonly #announcer: DirectoryAnnouncer;

  constructor(parts: RoomServiceParts) {
    this.#parts = parts;
    const roomParts: RoomParts = {
      ...parts,
      onDismissed: (roomId, sessionId) => this.#sessions.left(sessionId, roomId),
    };
    this.#rooms = new HeldRooms(roomParts, (room) => this.#announcer.changed(room));
    this.#announcer = new DirectoryAnnouncer(parts, () => this.#rooms.all());
    const sessions = this.#sessions;
    this.#departures = new Departures(roomParts, this.#rooms, sessions);
    this.#membership = new Membership(roomParts, { rooms: this.#rooms, sessions, departures: this.#departures });
  }

  /** A connection has been authenticated. */
  connected(sessionId: SessionId): void {
    this.#sessions.begin(sessionId);
  }

  /** It has ended, for whatever reason; its places go into their grace (PRES-1). */
  disconnected(sessionId: SessionId): Promise<void> {
    return this.#departures.drop(sessionId);
  }

  /** Carries out one command and replies exactly once. Never rejects. */
  async execute(caller: Caller, command: Command, reply: Reply): Promise<void> {
    try {
      await this.#dispatch(caller, command, reply);
    } catch (error) {
      const rejection = rejectionOf(error);
      if (!rejection) this.#parts.logger.error({ error, command: command.name }, 'a command failed');
      reply({ ok: false, rejection: rejection ?? { code: 'INTERNAL' } });
    }
  }

  async #dispatch(caller: Caller, command: Command, reply: Reply): Promise<void> {
    switch (command.name) {
      case 'room:create':
        return this.#create(caller, command.payload, reply);
      case 'room:join':
        return this.#membership.join(caller, command.payload, { reply });
      case 'room:leave':
        // Whoever leaves right after joining wants to be out in the end.
        await this.#membership.joinsSettled(caller.sessionId, command.payload.roomId);
        return reply(await this.#departures.leave(caller.sessionId, command.payload.roomId));
      case 'room:sync':
        return reply(await this.#sync(caller, command.payload));
      case 'rtc:renew':
        return reply(await this.#renew(caller, command.payload.roomId));
      case 'room:update': {
        const { password, ...rest } = command.payload;
        // Hashing is dear: nobody who is not in the room makes us do it.
        const isMember = this.#sessions.memberOf(caller.sessionId, rest.roomId) !== null;
        const hashed =
          typeof password === 'string' && isMember ? await hashPassword(password, this.#parts.random) : undefined;
        const passwordHash = password === null ? null : hashed;
        return reply(await this.#onStage(caller, { name: 'room:update', payload: { ...rest, passwordHash } }));
      }
      default:
        return reply(await this.#onStage(caller, command));
    }
  }

  async #create(caller: Caller, payload: Payload<'room:create'>, reply: Reply): Promise<void> {
    const { userId: ownerId } = caller;
    const roomId = idFor(payload, ownerId, this.#parts);
    // Created only once its owner has a place to be in it.
    const prepare = () => createRoom(payload, { roomId, ownerId }, this.#parts);
    await this.#membership.join(caller, { roomId, commandId: undefined }, { reply, prepare });
  }

  async #onStage(caller: Caller, command: Extract<StageCommand, { payload: { roomId: RoomId } }>): Promise<Outcome> {
    const { roomId, commandId } = command.payload;
    const member = this.#sessions.memberOf(caller.sessionId, roomId);
    const key = commandId === undefined ? null : { userId: caller.userId, commandId };
    if (!member) {
      // His membership may be over, but not the memory of what he was answered (ACK-2).
      const known = key && (await this.#parts.store.recall(roomId, key));
      return known ? repeat(known, command.name) : this.#notAMember(roomId);
    }
    return this.#rooms.use(roomId, async (room) =>
      room ? room.execute(command, toActor(member), key) : refuse('ROOM_NOT_FOUND'),
    );
  }

  /** Whoever is not in the room is told whether there is one. */
  async #notAMember(roomId: RoomId): Promise<Outcome> {
    const room = await this.#parts.store.load(roomId);
    if (!room) return refuse('ROOM_NOT_FOUND');
    return refuse(room.state.closed ? 'ROOM_CLOSED' : 'NOT_A_MEMBER');
  }

  async #sync(caller: Caller, { roomId, epoch, version }: Payload<'room:sync'>): Promise<Outcome> {
    const member = this.#sessions.memberOf(caller.sessionId, roomId);
    if (!member) return this.#notAMember(roomId);
    const { userId } = caller;
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return refuse('ROOM_NOT_FOUND');
      const missed = await missedSince(this.#parts.store, room, { userId, position: { epoch, version } });
      if (missed) return succeed(missed);
      const audience = await room.audience.sample();
      return succeed(buildWhole(room.current, member.record, audience));
    });
  }

  async #renew(caller: Caller, roomId: RoomId): Promise<Outcome> {
    const member = this.#sessions.memberOf(caller.sessionId, roomId);
    if (!member) return this.#notAMember(roomId);
    return this.#rooms.use(roomId, async (room) => {
      const state = await room?.revalidate(member);
      if (!room || !state) return refuse('NOT_A_MEMBER');
      const grant = this.#parts.grants.mint(state, member.record);
      this.#parts.grants.renewLater(member, grant, () => room.revalidate(member));
      return succeed({ grant });
    });
  }

  /** The open rooms, newest first; at most a second stale (ROOM-8). */
  list(page: { readonly cursor: string | null; readonly limit: number }): Promise<DirectoryPage> {
    return this.#parts.directory.list(page);
  }

  /** One room's directory line as it is now; a rejection when it is closed or was never there. */
  async describe(roomId: RoomId): Promise<{ ok: true; entry: DirectoryEntry } | (Outcome & { ok: false })> {
    const room = await this.#parts.store.load(roomId);
    if (!room) return { ok: false, rejection: { code: 'ROOM_NOT_FOUND' } };
    if (room.state.closed) return { ok: false, rejection: { code: 'ROOM_CLOSED' } };
    const { count } = await this.#parts.presence.sample(roomId, 1);
    return { ok: true, entry: toEntry(room.state, count) };
  }

  /** How many rooms this node holds. */
  get heldRooms(): number {
    return this.#rooms.size;
  }

  /** Resolves when no turn waits or runs and the directory has been told of every change. */
  async settled(): Promise<void> {
    await this.#rooms.settled();
    await this.#announcer.flush();
  }

  /** Ends all connections' places as if they had dropped, finishes what waits and lets go of all rooms. */
  async close(): Promise<void> {
    await Promise.all(this.#sessions.all().map((sessionId) => this.#departures.drop(sessionId)));
    await this.#rooms.settled();
    await this.#departures.endGraces();
    this.#announcer.close();
    this.#parts.grants.close();
    await this.#rooms.close();
  }
}

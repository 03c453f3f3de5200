// Where every command, of a client or of the app's backend, enters a room. Must not know sockets, routes, Redis or a rule.

import { Liveness } from '../cluster/liveness.ts';
import type { Aftermath } from '../cluster/recovery-follow-up.ts';
import type { Command, Payload, RoomCommand } from '../protocol/commands.ts';
import { badRequest } from '../protocol/errors.ts';
import type { NodeId, RoomId, SessionId, UserId } from '../protocol/ids.ts';
import type { ServiceSaying } from '../protocol/messages.ts';
import type { RoomsQuery } from '../protocol/pages.ts';
import { isCursorOf } from '../store/directory-order.ts';
import type { DirectoryPage, DirectoryStore } from '../store/directory-store.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { MembersQuery } from '../store/presence-store.ts';
import type { ScanStore } from '../store/scan-store.ts';
import { buildSnapshot } from './audience/snapshot-builder.ts';
import { createRoom, idFor } from './commands/create-room.ts';
import { Conversation } from './commands/message-commands.ts';
import { Reading } from './commands/room-queries.ts';
import { StageCommands } from './commands/stage-commands.ts';
import type { Caller } from './contract/caller.ts';
import type { LocalMember } from './contract/local-members.ts';
import { notNow, type Outcome, refuse, rejectionOf, succeed } from './contract/outcome.ts';
import type { Expulsion } from './contract/revocation.ts';
import type { RoomParts } from './contract/room-deps.ts';
import { DirectoryAnnouncer } from './live/directory-announcer.ts';
import { HeldRooms } from './live/live-rooms.ts';
import { type Census, takeCensus } from './live/room-counts.ts';
import { Sessions } from './membership/connection-rooms.ts';
import { Membership, type Reply } from './membership/join.ts';
import { Departures } from './membership/leave.ts';

export type RoomServiceParts = Omit<RoomParts, 'onDismissed' | 'node' | 'registry'> & {
  readonly directory: DirectoryStore;
  readonly leases: LeaseStore;
  readonly scans: ScanStore;
  /** How many open rooms one user may own; ROOMS_PER_OWNER_MAX of founding when absent. */
  readonly roomsPerOwnerMax?: number;
};

export class RoomService {
  readonly #parts: RoomServiceParts;
  readonly #sessions = new Sessions();
  readonly #rooms: HeldRooms;
  readonly #membership: Membership;
  readonly #departures: Departures;
  readonly #announcer: DirectoryAnnouncer;
  readonly #stage: StageCommands;
  readonly #reading: Reading;
  readonly #conversation: Conversation;
  readonly #liveness: Liveness;
  readonly #aftermath: Aftermath;

  constructor(parts: RoomServiceParts) {
    this.#liveness = new Liveness(parts);
    this.#parts = { ...parts, ...this.#liveness.fenced(parts) };
    const { lease: node, registry } = this.#liveness;
    const roomParts: RoomParts = {
      ...this.#parts,
      node,
      registry,
      onDismissed: (roomId, sessionId) => this.#sessions.left(sessionId, roomId),
    };
    this.#rooms = new HeldRooms(roomParts, {
      onChange: (room) => this.#announcer.changed(room),
      onLost: (room, members) => void after.rejoin.rejoin(room, members),
      onAnew: (room) => after.aftermath.begin(room),
    });
    this.#announcer = new DirectoryAnnouncer(parts, () => this.#rooms.all());
    const sessions = this.#sessions;
    this.#stage = new StageCommands(roomParts, this.#rooms, sessions);
    this.#reading = new Reading(roomParts, this.#rooms);
    this.#conversation = new Conversation({ rooms: this.#rooms, sessions, stage: this.#stage });
    this.#departures = new Departures(roomParts, this.#rooms, sessions);
    const around = { rooms: this.#rooms, sessions, departures: this.#departures };
    this.#membership = new Membership(roomParts, around);
    const after = this.#liveness.begin(roomParts, around);
    this.#aftermath = after.aftermath;
  }

  /** A connection has been authenticated. */
  connected(sessionId: SessionId): void {
    this.#sessions.begin(sessionId);
  }

  /** It has ended, for whatever reason; its places go into their grace (PRES-1). */
  disconnected(sessionId: SessionId): Promise<void> {
    return this.#departures.drop(sessionId);
  }

  /** It was sent on to another node; its places wait for it there (CONN-12). */
  moving(sessionId: SessionId): Promise<void> {
    return this.#departures.move(sessionId);
  }

  /** Under which the store knows this node. */
  get nodeId(): NodeId {
    return this.#liveness.nodeId;
  }

  /** Nodes that died or resigned lately. */
  get goneNodes(): ReadonlySet<NodeId> {
    return new Set(this.#liveness.lease.view.gone.keys());
  }

  /** Ends a user's memberships at once (CONN-13). */
  expel(expulsion: Expulsion): Promise<void> {
    return this.#departures.expel(expulsion);
  }

  /** Carries out one command and replies exactly once. Never rejects. */
  async execute(caller: Caller, command: RoomCommand, reply: Reply): Promise<void> {
    try {
      await this.#rooms.settledFirst(() => this.#dispatch(caller, command, reply));
    } catch (error) {
      reply(this.#failed(error, command.name));
    }
  }

  #failed(error: unknown, command: string): Outcome {
    const rejection = rejectionOf(error);
    if (!rejection) this.#parts.logger.error({ error, command }, 'a command failed');
    return { ok: false, rejection: rejection ?? { code: 'INTERNAL' } };
  }

  async #dispatch(caller: Caller, command: RoomCommand, reply: Reply): Promise<void> {
    // Their sessions of before are over, and the new ones not all there: nobody is told that he is no member.
    if (this.#liveness.lease.isRejoining) return reply({ ok: false, rejection: notNow('UNAVAILABLE') });
    switch (command.name) {
      case 'room:create':
        return this.#create(caller, command.payload, reply);
      case 'room:join':
        return this.#membership.join(caller, command.payload, { reply });
      case 'room:leave': {
        const { sessionId } = caller;
        const { roomId } = command.payload;
        // Whoever leaves right after joining wants to be out in the end.
        await this.#membership.joinsSettled(sessionId, roomId);
        return reply(await this.#asMember(caller, roomId, () => this.#departures.leave(sessionId, roomId)));
      }
      case 'room:sync': {
        const { payload } = command;
        return reply(await this.#asMember(caller, payload.roomId, (member) => this.#reading.sync(member, payload)));
      }
      case 'room:list':
        return reply(await this.list(command.payload));
      case 'room:members': {
        const { roomId, cursor = null, limit } = command.payload;
        return reply(await this.#asMember(caller, roomId, () => this.members(roomId, { cursor, limit })));
      }
      case 'rtc:renew': {
        const { roomId } = command.payload;
        return reply(await this.#asMember(caller, roomId, (member) => this.#reading.renewGrant(member, roomId)));
      }
      case 'ban:list': {
        const { payload } = command;
        return reply(await this.#asMember(caller, payload.roomId, (member) => this.#reading.bans(member, payload)));
      }
      case 'message:send':
      case 'message:delete':
      case 'signal:send':
        return reply(await this.#conversation.byMember(caller, command));
      default:
        return reply(await this.#stage.byMember(caller, command));
    }
  }

  async #create(caller: Caller, payload: Payload<'room:create'>, reply: Reply): Promise<void> {
    const { userId: ownerId } = caller;
    const roomId = idFor(payload, ownerId, this.#parts);
    await this.#liveness.registry.during(roomId, (held) => {
      // Created only once its owner has a place to be in it.
      const prepare = () => createRoom(payload, { roomId, ownerId }, { ...this.#parts, held });
      return this.#membership.join(caller, { roomId, commandId: undefined }, { reply, prepare });
    });
  }

  /** Founds a room for an owner who need not be there; the answer is the room as staff sees it (ROOM-1). */
  async createAsService(payload: Payload<'room:create'>, ownerId: UserId): Promise<Outcome> {
    const roomId = idFor(payload, ownerId, this.#parts);
    return this.#liveness.registry.during(roomId, async (held) => {
      const obstacle = await createRoom(payload, { roomId, ownerId }, { ...this.#parts, held });
      if (obstacle) return obstacle;
      return this.#rooms.use(roomId, async (room) => {
        if (!room) return refuse('ROOM_NOT_FOUND');
        // Nobody has come in yet, so nothing else would list it; held by this node, it closes if nobody comes (ROOM-7).
        this.#announcer.changed(room);
        return succeed({ room: buildSnapshot(room.current, 'staff', await room.around()) });
      });
    });
  }

  /** What only members may ask. */
  #asMember(caller: Caller, roomId: RoomId, ask: (member: LocalMember) => Promise<Outcome>): Promise<Outcome> {
    const member = this.#sessions.memberOf(caller.sessionId, roomId);
    return member ? ask(member) : this.#stage.notAMember(roomId);
  }

  /** Carries out a command of the app's backend; it has no session, so nothing that needs one. */
  async executeAsService(command: Command): Promise<Outcome> {
    try {
      return await this.#rooms.settledFirst(() => this.#dispatchService(command));
    } catch (error) {
      return this.#failed(error, command.name);
    }
  }

  #dispatchService(command: Command): Promise<Outcome> {
    switch (command.name) {
      case 'room:create':
      case 'room:join':
      case 'room:leave':
      case 'rtc:renew':
      case 'session:renew':
        return Promise.resolve(refuse('FORBIDDEN', { command: command.name }));
      case 'room:sync':
        return this.#reading.sync('service', command.payload);
      case 'ban:list':
        return this.#reading.bans('service', command.payload);
      case 'room:list':
        return this.list(command.payload);
      case 'room:members': {
        const { roomId, cursor = null, limit } = command.payload;
        return this.members(roomId, { cursor, limit });
      }
      case 'message:send':
      case 'message:delete':
      case 'signal:send':
        return this.#conversation.byService(command);
      default:
        return this.#stage.byService(command);
    }
  }

  /** The app's backend speaks to a room under a name of its choice (MSG-5); answers as message:send does. Never rejects. */
  say(roomId: RoomId, saying: ServiceSaying): Promise<Outcome> {
    return this.#conversation.say(roomId, saying).catch((error: unknown) => this.#failed(error, 'message:send'));
  }

  /** A page of a room's members, whoever asks (PRES-5). */
  members(roomId: RoomId, query: MembersQuery): Promise<Outcome> {
    return this.#reading.members(roomId, query);
  }

  /** A page of the open rooms, at most a second stale, whoever asks (ROOM-8); refused with a cursor of another list. */
  async list(query: RoomsQuery): Promise<Outcome> {
    return cursorRefusal(query) ?? succeed({ ...(await this.#pageOf(query)) });
  }

  #pageOf(query: RoomsQuery): Promise<DirectoryPage> {
    const { category = null, cursor = null, sort, limit } = query;
    return this.#parts.directory.list({ sort, category, cursor, limit });
  }

  /** One room's directory line as it is now; refused when the room is closed or was never there. */
  describe(roomId: RoomId): Promise<Outcome> {
    return this.#reading.describe(roomId);
  }

  /** The same page with what operators want to know besides; rooms that are gone meanwhile are left out. */
  async inspect(query: RoomsQuery): Promise<Outcome> {
    return cursorRefusal(query) ?? this.#reading.inspect(await this.#pageOf(query));
  }

  /** How many rooms this node holds. */
  get heldRooms(): number {
    return this.#rooms.size;
  }

  /** What this node answers for right now. */
  async census(): Promise<Census> {
    return takeCensus(await this.#rooms.all());
  }

  /** Resolves when no turn waits or runs and the directory has been told of every change. */
  async settled(): Promise<void> {
    await this.#rooms.settled();
    await this.#announcer.flush();
  }

  /**
   * Finishes what waits, lets go of all rooms and hands them over: who was a member here has MOVING_MS to come back on
   * another node, and what is due in the rooms is theirs to look after (CONN-12).
   */
  async close(): Promise<void> {
    await this.#rooms.settled();
    this.#departures.close();
    this.#announcer.close();
    this.#aftermath.close();
    this.#parts.grants.close();
    await this.#rooms.close();
    await this.#liveness.resign();
  }
}

/** A cursor means something in the list that it was taken from, and nothing in any other. */
function cursorRefusal(query: RoomsQuery): Outcome | null {
  const { sort, category = null, cursor = null } = query;
  if (cursor === null || isCursorOf({ sort, category }, cursor)) return null;
  return { ok: false, rejection: badRequest('cursor', 'this is a cursor of another order or category') };
}

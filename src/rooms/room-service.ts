// Where every command, of a client or of the app's backend, enters a room. Must not know sockets, routes, Redis or a rule.

import { Liveness } from '../cluster/liveness.ts';
import type { RecoveryFollowUp } from '../cluster/recovery-follow-up.ts';
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
import { MessageCommands } from './commands/message-commands.ts';
import { RoomQueries } from './commands/room-queries.ts';
import { StageCommands } from './commands/stage-commands.ts';
import type { Caller } from './contract/caller.ts';
import type { LocalMember } from './contract/local-members.ts';
import { fail, type Outcome, rejectionFor, retryLater, succeed } from './contract/outcome.ts';
import type { RevocationTarget } from './contract/revocation.ts';
import type { RoomDeps } from './contract/room-deps.ts';
import { DirectoryAnnouncer } from './live/directory-announcer.ts';
import { LiveRooms } from './live/live-rooms.ts';
import { countRooms, type RoomCounts } from './live/room-counts.ts';
import { ConnectionRooms } from './membership/connection-rooms.ts';
import { type Reply, RoomJoin } from './membership/join.ts';
import { RoomLeave } from './membership/leave.ts';

export type RoomServiceDeps = Omit<RoomDeps, 'onMemberRemoved' | 'node' | 'holdings'> & {
  readonly directory: DirectoryStore;
  readonly leases: LeaseStore;
  readonly scans: ScanStore;
  /** How many open rooms one user may own; ROOMS_PER_OWNER_MAX of founding when absent. */
  readonly roomsPerOwnerMax?: number;
};

export class RoomService {
  readonly #deps: RoomServiceDeps;
  readonly #sessions = new ConnectionRooms();
  readonly #rooms: LiveRooms;
  readonly #roomJoin: RoomJoin;
  readonly #roomLeave: RoomLeave;
  readonly #announcer: DirectoryAnnouncer;
  readonly #stage: StageCommands;
  readonly #reading: RoomQueries;
  readonly #conversation: MessageCommands;
  readonly #liveness: Liveness;
  readonly #aftermath: RecoveryFollowUp;

  constructor(deps: RoomServiceDeps) {
    this.#liveness = new Liveness(deps);
    this.#deps = { ...deps, ...this.#liveness.guardWrites(deps) };
    const { lease: node, holdings } = this.#liveness;
    const roomDeps: RoomDeps = {
      ...this.#deps,
      node,
      holdings,
      onMemberRemoved: (roomId, sessionId) => this.#sessions.onLeft(sessionId, roomId),
    };
    this.#rooms = new LiveRooms(roomDeps, {
      onChange: (room) => this.#announcer.changed(room),
      onLost: (room, members) => void after.rejoin.rejoin(room, members),
      onNewEpoch: (room) => after.aftermath.begin(room),
    });
    this.#announcer = new DirectoryAnnouncer(deps, () => this.#rooms.all());
    const sessions = this.#sessions;
    this.#stage = new StageCommands(roomDeps, this.#rooms, sessions);
    this.#reading = new RoomQueries(roomDeps, this.#rooms);
    this.#conversation = new MessageCommands({ rooms: this.#rooms, sessions, stage: this.#stage });
    this.#roomLeave = new RoomLeave(roomDeps, this.#rooms, sessions);
    const peers = { rooms: this.#rooms, sessions, roomLeave: this.#roomLeave };
    this.#roomJoin = new RoomJoin(roomDeps, peers);
    const after = this.#liveness.begin(roomDeps, peers);
    this.#aftermath = after.aftermath;
  }

  /** A connection has been authenticated. */
  connected(sessionId: SessionId): void {
    this.#sessions.open(sessionId);
  }

  /** It has ended, for whatever reason; its places go into their grace (PRES-1). */
  disconnected(sessionId: SessionId): Promise<void> {
    return this.#roomLeave.drop(sessionId);
  }

  /** It was sent on to another node; its places wait for it there (CONN-12). */
  handOver(sessionId: SessionId): Promise<void> {
    return this.#roomLeave.handOver(sessionId);
  }

  /** Under which the store knows this node. */
  get nodeId(): NodeId {
    return this.#liveness.nodeId;
  }

  /** Nodes that died or resigned lately. */
  get deadNodes(): ReadonlySet<NodeId> {
    return new Set(this.#liveness.lease.view.dead.keys());
  }

  /** Ends a user's memberships at once (CONN-13). */
  revoke(expulsion: RevocationTarget): Promise<void> {
    return this.#roomLeave.revoke(expulsion);
  }

  /** Carries out one command and replies exactly once. Never rejects. */
  async execute(caller: Caller, command: RoomCommand, reply: Reply): Promise<void> {
    try {
      await this.#rooms.retryAfterRecovery(() => this.#dispatch(caller, command, reply));
    } catch (error) {
      reply(this.#failed(error, command.name));
    }
  }

  #failed(error: unknown, command: string): Outcome {
    const rejection = rejectionFor(error);
    if (!rejection) this.#deps.logger.error({ error, command }, 'a command failed');
    return { ok: false, rejection: rejection ?? { code: 'INTERNAL' } };
  }

  async #dispatch(caller: Caller, command: RoomCommand, reply: Reply): Promise<void> {
    // Their sessions of before are over, and the new ones not all there: nobody is told that he is no member.
    if (this.#liveness.lease.isRejoining) return reply({ ok: false, rejection: retryLater('UNAVAILABLE') });
    switch (command.name) {
      case 'room:create':
        return this.#create(caller, command.payload, reply);
      case 'room:join':
        return this.#roomJoin.join(caller, command.payload, { reply });
      case 'room:leave': {
        const { sessionId } = caller;
        const { roomId } = command.payload;
        // Whoever leaves right after joining wants to be out in the end.
        await this.#roomJoin.joinsIdle(sessionId, roomId);
        return reply(await this.#asMember(caller, roomId, () => this.#roomLeave.leave(sessionId, roomId)));
      }
      case 'room:sync': {
        const { payload } = command;
        return reply(await this.#asMember(caller, payload.roomId, (member) => this.#reading.sync(member, payload)));
      }
      case 'room:list':
        return reply(await this.listRooms(command.payload));
      case 'room:members': {
        const { roomId, cursor = null, limit } = command.payload;
        return reply(await this.#asMember(caller, roomId, () => this.listMembers(roomId, { cursor, limit })));
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
    const roomId = idFor(payload, ownerId, this.#deps);
    await this.#liveness.holdings.during(roomId, (held) => {
      // Created only once its owner has a place to be in it.
      const create = () => createRoom(payload, { roomId, ownerId }, { ...this.#deps, held });
      return this.#roomJoin.join(caller, { roomId, commandId: undefined }, { reply, create });
    });
  }

  /** Founds a room for an owner who need not be there; the answer is the room as staff sees it (ROOM-1). */
  async createAsService(payload: Payload<'room:create'>, ownerId: UserId): Promise<Outcome> {
    const roomId = idFor(payload, ownerId, this.#deps);
    return this.#liveness.holdings.during(roomId, async (held) => {
      const obstacle = await createRoom(payload, { roomId, ownerId }, { ...this.#deps, held });
      if (obstacle) return obstacle;
      return this.#rooms.use(roomId, async (room) => {
        if (!room) return fail('ROOM_NOT_FOUND');
        // Nobody has come in yet, so nothing else would list it; held by this node, it closes if nobody comes (ROOM-7).
        this.#announcer.changed(room);
        return succeed({ room: buildSnapshot(room.current, 'staff', await room.snapshotContext()) });
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
      return await this.#rooms.retryAfterRecovery(() => this.#dispatchService(command));
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
        return Promise.resolve(fail('FORBIDDEN', { command: command.name }));
      case 'room:sync':
        return this.#reading.sync('service', command.payload);
      case 'ban:list':
        return this.#reading.bans('service', command.payload);
      case 'room:list':
        return this.listRooms(command.payload);
      case 'room:members': {
        const { roomId, cursor = null, limit } = command.payload;
        return this.listMembers(roomId, { cursor, limit });
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
  writeAsService(roomId: RoomId, saying: ServiceSaying): Promise<Outcome> {
    return this.#conversation.write(roomId, saying).catch((error: unknown) => this.#failed(error, 'message:send'));
  }

  /** A page of a room's members, whoever asks (PRES-5). */
  listMembers(roomId: RoomId, query: MembersQuery): Promise<Outcome> {
    return this.#reading.listMembers(roomId, query);
  }

  /** A page of the open rooms, at most a second stale, whoever asks (ROOM-8); refused with a cursor of another list. */
  async listRooms(query: RoomsQuery): Promise<Outcome> {
    return cursorRefusal(query) ?? succeed({ ...(await this.#pageOf(query)) });
  }

  #pageOf(query: RoomsQuery): Promise<DirectoryPage> {
    const { category = null, cursor = null, sort, limit } = query;
    return this.#deps.directory.list({ sort, category, cursor, limit });
  }

  /** One room's directory line as it is now; refused when the room is closed or was never there. */
  getRoom(roomId: RoomId): Promise<Outcome> {
    return this.#reading.getRoom(roomId);
  }

  /** The same page with what operators want to know besides; rooms that are gone meanwhile are left out. */
  async adminPage(query: RoomsQuery): Promise<Outcome> {
    return cursorRefusal(query) ?? this.#reading.adminPage(await this.#pageOf(query));
  }

  /** How many rooms this node holds. */
  get liveRoomCount(): number {
    return this.#rooms.size;
  }

  /** What this node answers for right now. */
  async roomCounts(): Promise<RoomCounts> {
    return countRooms(await this.#rooms.all());
  }

  /** Resolves when no turn waits or runs and the directory has been told of every change. */
  async idle(): Promise<void> {
    await this.#rooms.idle();
    await this.#announcer.flush();
  }

  /**
   * Finishes what waits, lets go of all rooms and hands them over: who was a member here has MOVING_MS to come back on
   * another node, and what is due in the rooms is theirs to look after (CONN-12).
   */
  async close(): Promise<void> {
    await this.#rooms.idle();
    this.#roomLeave.close();
    this.#announcer.close();
    this.#aftermath.close();
    this.#deps.grants.close();
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

// The entrance to all rooms: every command of a client or of the app's backend comes in here.

import { Liveness } from '../cluster/liveness.ts';
import type { RecoveryFollowUp } from '../cluster/recovery-follow-up.ts';
import type { Command, Payload, RoomCommand } from '../protocol/commands.ts';
import { badRequest } from '../protocol/errors.ts';
import type { NodeId, RoomId, SessionId, UserId } from '../protocol/ids.ts';
import type { MessageAsService } from '../protocol/messages.ts';
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
  /** The open rooms that one user may own; ROOMS_PER_OWNER_MAX of create-room when absent. */
  readonly roomsPerOwnerMax?: number;
};

export class RoomService {
  readonly #deps: RoomServiceDeps;
  readonly #connectionRooms = new ConnectionRooms();
  readonly #rooms: LiveRooms;
  readonly #roomJoin: RoomJoin;
  readonly #roomLeave: RoomLeave;
  readonly #announcer: DirectoryAnnouncer;
  readonly #stageCommands: StageCommands;
  readonly #queries: RoomQueries;
  readonly #messageCommands: MessageCommands;
  readonly #liveness: Liveness;
  readonly #followUp: RecoveryFollowUp;

  constructor(deps: RoomServiceDeps) {
    this.#liveness = new Liveness(deps);
    this.#deps = { ...deps, ...this.#liveness.guardWrites(deps) };
    const { lease: node, holdings } = this.#liveness;
    const roomDeps: RoomDeps = {
      ...this.#deps,
      node,
      holdings,
      onMemberRemoved: (roomId, sessionId) => this.#connectionRooms.onLeft(sessionId, roomId),
    };
    const rooms = new LiveRooms(roomDeps);
    const sessions = this.#connectionRooms;
    this.#rooms = rooms;
    this.#announcer = new DirectoryAnnouncer(deps, rooms);
    this.#stageCommands = new StageCommands(roomDeps, rooms, sessions);
    this.#queries = new RoomQueries(roomDeps, rooms);
    this.#messageCommands = new MessageCommands({ rooms, sessions, stage: this.#stageCommands });
    this.#roomLeave = new RoomLeave(roomDeps, rooms, sessions);
    const peers = { rooms, sessions, roomLeave: this.#roomLeave };
    this.#roomJoin = new RoomJoin(roomDeps, peers);
    const { rejoin, followUp } = this.#liveness.begin(roomDeps, peers);
    this.#followUp = followUp;
    rooms.start({
      onChange: (room) => this.#announcer.onChange(room),
      onLostMembers: (room, members) => void rejoin.rejoin(room, members),
      onNewEpoch: (room) => followUp.begin(room),
    });
  }

  /** A connection has been authenticated. */
  connected(sessionId: SessionId): void {
    this.#connectionRooms.open(sessionId);
  }

  /** A connection has ended: its memberships go into their grace (PRES-1). */
  disconnected(sessionId: SessionId): Promise<void> {
    return this.#roomLeave.drop(sessionId);
  }

  /** A connection was drained to another node: its memberships wait for it there (CONN-12). */
  handOver(sessionId: SessionId): Promise<void> {
    return this.#roomLeave.handOver(sessionId);
  }

  /** The id under which the store knows this node. */
  get nodeId(): NodeId {
    return this.#liveness.nodeId;
  }

  /** Nodes that died or resigned lately. */
  get deadNodes(): ReadonlySet<NodeId> {
    return new Set(this.#liveness.lease.view.dead.keys());
  }

  /** Ends a user's memberships at once (CONN-13). */
  revoke(target: RevocationTarget): Promise<void> {
    return this.#roomLeave.revoke(target);
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
    if (!rejection) this.#deps.logger.error({ event: 'room.command.failed', error, command }, 'A command failed.');
    return { ok: false, rejection: rejection ?? { code: 'INTERNAL' } };
  }

  async #dispatch(caller: Caller, command: RoomCommand, reply: Reply): Promise<void> {
    // The old sessions are over, and the new ones are not all there: no member may get NOT_A_MEMBER now.
    if (this.#liveness.lease.isRejoining) return reply({ ok: false, rejection: retryLater('UNAVAILABLE') });
    switch (command.name) {
      case 'room:create':
        return this.#create(caller, command.payload, reply);
      case 'room:join':
        return this.#roomJoin.join(caller, command.payload, { reply });
      case 'room:leave': {
        const { sessionId } = caller;
        const { roomId } = command.payload;
        // A client that leaves right after joining wants to be out in the end.
        await this.#roomJoin.joinsIdle(sessionId, roomId);
        return reply(await this.#asMember(caller, roomId, () => this.#roomLeave.leave(sessionId, roomId)));
      }
      case 'room:sync': {
        const { payload } = command;
        return reply(await this.#asMember(caller, payload.roomId, (member) => this.#queries.sync(member, payload)));
      }
      case 'room:list':
        return reply(await this.listRooms(command.payload));
      case 'room:members': {
        const { roomId, cursor = null, limit } = command.payload;
        return reply(await this.#asMember(caller, roomId, () => this.listMembers(roomId, { cursor, limit })));
      }
      case 'rtc:renew': {
        const { roomId } = command.payload;
        return reply(await this.#asMember(caller, roomId, (member) => this.#queries.renewGrant(member, roomId)));
      }
      case 'ban:list': {
        const { payload } = command;
        return reply(await this.#asMember(caller, payload.roomId, (member) => this.#queries.bans(member, payload)));
      }
      case 'message:send':
      case 'message:delete':
      case 'signal:send':
        return reply(await this.#messageCommands.byMember(caller, command));
      default:
        return reply(await this.#stageCommands.byMember(caller, command));
    }
  }

  async #create(caller: Caller, payload: Payload<'room:create'>, reply: Reply): Promise<void> {
    const { userId: ownerId } = caller;
    const roomId = idFor(payload, ownerId, this.#deps);
    await this.#liveness.holdings.during(roomId, (registered) => {
      // Created only once a place is reserved for its owner.
      const create = () => createRoom(payload, { roomId, ownerId }, { ...this.#deps, registered });
      return this.#roomJoin.join(caller, { roomId, commandId: undefined }, { reply, create });
    });
  }

  /** Creates a room for an owner who need not be there; the answer is the room as staff sees it (ROOM-1). */
  async createAsService(payload: Payload<'room:create'>, ownerId: UserId): Promise<Outcome> {
    const roomId = idFor(payload, ownerId, this.#deps);
    return this.#liveness.holdings.during(roomId, async (registered) => {
      const obstacle = await createRoom(payload, { roomId, ownerId }, { ...this.#deps, registered });
      if (obstacle) return obstacle;
      return this.#rooms.use(roomId, async (room) => {
        if (!room) return fail('ROOM_NOT_FOUND');
        // No member has joined yet, so nothing else would list it. This node serves it, and closes it if nobody comes
        // (ROOM-7).
        this.#announcer.onChange(room);
        return succeed({ room: buildSnapshot(room.current, 'staff', await room.snapshotContext()) });
      });
    });
  }

  /** Runs what only members may ask. */
  #asMember(caller: Caller, roomId: RoomId, ask: (member: LocalMember) => Promise<Outcome>): Promise<Outcome> {
    const member = this.#connectionRooms.memberOf(caller.sessionId, roomId);
    return member ? ask(member) : this.#stageCommands.notAMember(roomId);
  }

  /** Carries out a command of the app's backend, which has no session: commands that need one are refused. */
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
        return this.#queries.sync('service', command.payload);
      case 'ban:list':
        return this.#queries.bans('service', command.payload);
      case 'room:list':
        return this.listRooms(command.payload);
      case 'room:members': {
        const { roomId, cursor = null, limit } = command.payload;
        return this.listMembers(roomId, { cursor, limit });
      }
      case 'message:send':
      case 'message:delete':
      case 'signal:send':
        return this.#messageCommands.byService(command);
      default:
        return this.#stageCommands.byService(command);
    }
  }

  /**
   * Writes a message of the app's backend under a name of its choice (MSG-5); answers as message:send. Never rejects.
   */
  writeAsService(roomId: RoomId, message: MessageAsService): Promise<Outcome> {
    return this.#messageCommands.write(roomId, message).catch((error: unknown) => this.#failed(error, 'message:send'));
  }

  /** A page of a room's members, for any caller (PRES-5). */
  listMembers(roomId: RoomId, query: MembersQuery): Promise<Outcome> {
    return this.#queries.listMembers(roomId, query);
  }

  /** A page of the open rooms, at most a second stale (ROOM-8); refused with a cursor of another list. */
  async listRooms(query: RoomsQuery): Promise<Outcome> {
    return cursorRefusal(query) ?? succeed({ ...(await this.#pageOf(query)) });
  }

  #pageOf(query: RoomsQuery): Promise<DirectoryPage> {
    const { category = null, cursor = null, sort, limit } = query;
    return this.#deps.directory.list({ sort, category, cursor, limit });
  }

  /** One room's directory entry as it is now; refused when the room is closed or was never there. */
  getRoom(roomId: RoomId): Promise<Outcome> {
    return this.#queries.getRoom(roomId);
  }

  /** A page of the open rooms with more fields for operators; rooms that closed meanwhile are left out. */
  async adminPage(query: RoomsQuery): Promise<Outcome> {
    return cursorRefusal(query) ?? this.#queries.adminPage(await this.#pageOf(query));
  }

  /** The number of live rooms on this node. */
  get liveRoomCount(): number {
    return this.#rooms.size;
  }

  /** The rooms, members and seats of this node right now. */
  async roomCounts(): Promise<RoomCounts> {
    return countRooms(await this.#rooms.all());
  }

  /** Resolves when no turn waits or runs, and the directory knows every change. */
  async idle(): Promise<void> {
    await this.#rooms.idle();
    await this.#announcer.flush();
  }

  /**
   * Finishes what waits, passivates all rooms and hands them over. Members have HANDOVER_MS to come back on another
   * node; the other nodes carry out what is due in the rooms (CONN-12).
   */
  async close(): Promise<void> {
    await this.#rooms.idle();
    this.#roomLeave.close();
    this.#announcer.close();
    this.#followUp.close();
    this.#deps.grants.close();
    await this.#rooms.close();
    await this.#liveness.resign();
  }
}

/** A cursor belongs to one list, and means nothing in another. */
function cursorRefusal(query: RoomsQuery): Outcome | null {
  const { sort, category = null, cursor = null } = query;
  if (cursor === null || isCursorOf({ sort, category }, cursor)) return null;
  return { ok: false, rejection: badRequest('cursor', 'this is a cursor of another order or category') };
}

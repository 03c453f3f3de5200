// The entrance to all rooms: every command of a client or of the app's backend comes in here.
import { Liveness } from '../cluster/liveness.ts';
import type { RecoveryFollowUp } from '../cluster/recovery-follow-up.ts';
import type { Command, Payload, RoomCommand } from '../protocol/commands.ts';
import type { NodeId, RoomId, SessionId, UserId } from '../protocol/ids.ts';
import type { MessageAsService } from '../protocol/messages.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { ScanStore } from '../store/scan-store.ts';
import { buildSnapshot } from './audience/snapshot-builder.ts';
import { createRoom, idFor } from './commands/create-room.ts';
import { RoomCommands } from './commands/room-commands.ts';
import { RoomQueries } from './commands/room-queries.ts';
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
  /** The reading commands, which need no session. Their methods reject when the store does not answer. */
  readonly queries: RoomQueries;
  readonly #deps: RoomServiceDeps;
  readonly #connectionRooms = new ConnectionRooms();
  readonly #rooms: LiveRooms;
  readonly #roomJoin: RoomJoin;
  readonly #roomLeave: RoomLeave;
  readonly #announcer: DirectoryAnnouncer;
  readonly #commands: RoomCommands;
  readonly #liveness: Liveness;
  readonly #followUp: RecoveryFollowUp;

  constructor(deps: RoomServiceDeps) {
    this.#liveness = new Liveness(deps);
    this.#deps = { ...deps, ...this.#liveness.guardWrites(deps) };
    const { lease: node, holdings } = this.#liveness;
    const roomDeps: RoomDeps & RoomServiceDeps = {
      ...this.#deps,
      node,
      holdings,
      onMemberRemoved: (roomId, sessionId) => this.#connectionRooms.onLeft(sessionId, roomId),
    };
    const rooms = new LiveRooms(roomDeps);
    const sessions = this.#connectionRooms;
    this.#rooms = rooms;
    this.#announcer = new DirectoryAnnouncer(deps, rooms);
    this.#commands = new RoomCommands(roomDeps, rooms, sessions);
    this.queries = new RoomQueries(roomDeps, rooms);
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
    const { queries } = this;
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
        return reply(await this.#asMember(caller, command.payload, () => this.#roomLeave.leave(sessionId, roomId)));
      }
      case 'room:sync':
        return reply(await this.#asMember(caller, command.payload, (member, payload) => queries.sync(member, payload)));
      case 'room:list':
        return reply(await queries.listRooms(command.payload));
      case 'room:members':
        return reply(await this.#asMember(caller, command.payload, (_, payload) => queries.listMembers(payload)));
      case 'rtc:renew':
        return reply(await this.#asMember(caller, command.payload, (member, room) => queries.renewGrant(member, room)));
      case 'ban:list':
        return reply(await this.#asMember(caller, command.payload, (member, payload) => queries.bans(member, payload)));
      default:
        return reply(await this.#commands.byMember(caller, command));
    }
  }

  async #create(caller: Caller, payload: Payload<'room:create'>, reply: Reply): Promise<void> {
    const { userId: ownerId } = caller;
    const roomId = idFor(payload, ownerId, this.#deps.random);
    await this.#liveness.holdings.during(roomId, (registered) => {
      // Created only once a place is reserved for its owner.
      const create = () => createRoom(payload, { roomId, ownerId }, { ...this.#deps, registered });
      return this.#roomJoin.join(caller, { roomId, commandId: undefined }, { reply, create });
    });
  }

  /** Creates a room for an owner who need not be there; the answer is the room as staff sees it (ROOM-1). */
  async createAsService(payload: Payload<'room:create'>, ownerId: UserId): Promise<Outcome> {
    const roomId = idFor(payload, ownerId, this.#deps.random);
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

  #asMember<Given extends { readonly roomId: RoomId }>(
    { sessionId }: Caller,
    payload: Given,
    ask: (member: LocalMember, payload: Given) => Promise<Outcome>,
  ): Promise<Outcome> {
    const member = this.#connectionRooms.memberOf(sessionId, payload.roomId);
    return member ? ask(member, payload) : this.#commands.notAMember(payload.roomId);
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
      case 'signal:send':
        return Promise.resolve(fail('FORBIDDEN', { command: command.name }));
      case 'room:sync':
        return this.queries.sync('service', command.payload);
      case 'ban:list':
        return this.queries.bans('service', command.payload);
      case 'room:list':
        return this.queries.listRooms(command.payload);
      case 'room:members':
        return this.queries.listMembers(command.payload);
      default:
        return this.#commands.byService(command);
    }
  }

  /** A message of the app's backend under any name (MSG-5); answers as message:send. Never rejects. */
  writeAsService(roomId: RoomId, message: MessageAsService): Promise<Outcome> {
    return this.#commands.write(roomId, message).catch((error: unknown) => this.#failed(error, 'message:send'));
  }

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

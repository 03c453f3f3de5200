// Memory engine of the lease store: the contract in plain code.
import type { Clock } from '../../ops/clock.ts';
import type { NodeId, RoomId } from '../../protocol/ids.ts';
import {
  AWAY_MS,
  CLAIM_MS,
  DEAD_NODE_MEMORY_MS,
  type DueRoom,
  HANDED_OVER_MAX,
  HANDOVER_MS,
  type Holding,
  LEASE_MS,
  type LeaseStore,
  type Renewal,
  type Survey,
} from '../lease-store.ts';
import { NodeDeclaredDeadError } from '../store-errors.ts';

/** All that is kept. It is plain data, so that a test can copy it (structuredClone) and put it back. */
export interface LeaseTables {
  /** When each lease ends. */
  readonly leases: Map<NodeId, number>;
  /** From when on the members of each dead node count as dropped. */
  readonly dead: Map<NodeId, number>;
  readonly rooms: Map<NodeId, Set<RoomId>>;
  /** When some node has to look after a room. */
  readonly due: Map<RoomId, number>;
  surveyedAt: number | null;
  /** When this server was first surveyed. */
  since: number | null;
  /** Nodes that have listed all their rooms to this server. */
  readonly listed: Set<NodeId>;
}

const noTables = (): LeaseTables => ({
  leases: new Map(),
  dead: new Map(),
  rooms: new Map(),
  due: new Map(),
  surveyedAt: null,
  since: null,
  listed: new Set(),
});

export class MemoryLeaseStore implements LeaseStore {
  readonly #clock: Clock;
  tables = noTables();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async renew(nodeId: NodeId): Promise<Renewal> {
    const { leases, dead, listed } = this.tables;
    if (dead.has(nodeId)) return 'dead';
    const isKnown = leases.has(nodeId) && listed.has(nodeId);
    leases.set(nodeId, this.#clock.now() + LEASE_MS);
    return isKnown ? 'renewed' : 'unlisted';
  }

  /** Another server takes over, with these tables or with none. */
  failOver(kept: LeaseTables = noTables()): void {
    this.tables = { ...structuredClone(kept), listed: new Set(), since: null };
  }

  async hold(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const { leases, dead, rooms } = this.tables;
    if (dead.has(nodeId)) throw new NodeDeclaredDeadError();
    const held = rooms.get(nodeId) ?? new Set();
    rooms.set(nodeId, held);
    for (const roomId of roomIds) {
      held.add(roomId);
      // No survey would find the room through a node without a lease.
      if (!leases.has(nodeId)) this.#makeDue(roomId, this.#clock.now() + LEASE_MS);
    }
  }

  async release(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const held = this.tables.rooms.get(nodeId);
    for (const roomId of roomIds) held?.delete(roomId);
    if (held?.size === 0) this.tables.rooms.delete(nodeId);
  }

  async list(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const { dead, rooms, listed } = this.tables;
    if (dead.has(nodeId)) throw new NodeDeclaredDeadError();
    const held = new Set(roomIds);
    for (const roomId of rooms.get(nodeId) ?? []) if (!held.has(roomId)) this.#makeDue(roomId, this.#clock.now());
    rooms.delete(nodeId);
    await this.hold(nodeId, roomIds);
    listed.add(nodeId);
  }

  async holders(roomId: RoomId, nodeIds: readonly NodeId[]): Promise<ReadonlyMap<NodeId, Holding>> {
    const { rooms, listed } = this.tables;
    const holding = (nodeId: NodeId): Holding => {
      if (rooms.get(nodeId)?.has(roomId)) return 'yes';
      return listed.has(nodeId) ? 'no' : 'unknown';
    };
    return new Map(nodeIds.map((nodeId) => [nodeId, holding(nodeId)]));
  }

  async claimOrphans(roomIds: readonly RoomId[]): Promise<number> {
    const { leases, dead, rooms, due } = this.tables;
    const nodeIds = [...leases.keys(), ...dead.keys()];
    const isHeld = (roomId: RoomId) => nodeIds.some((nodeId) => rooms.get(nodeId)?.has(roomId));
    const orphans = roomIds.filter((roomId) => !due.has(roomId) && !isHeld(roomId));
    for (const roomId of orphans) this.#makeDue(roomId, this.#clock.now());
    return orphans.length;
  }

  async survey({ limit }: { readonly limit: number }): Promise<Survey> {
    const { leases, dead, due, listed } = this.tables;
    const now = this.#clock.now();
    const { surveyedAt } = this.tables;
    this.tables.surveyedAt = now;
    this.tables.since ??= now;
    if (surveyedAt === null || now - surveyedAt > AWAY_MS) {
      for (const [nodeId, end] of leases) leases.set(nodeId, Math.max(end, now + LEASE_MS));
    }
    for (const [nodeId, end] of leases) {
      if (end > now) continue;
      leases.delete(nodeId);
      listed.delete(nodeId);
      dead.set(nodeId, end);
    }
    this.#handOver(now);
    const rooms = [...due]
      .filter(([, at]) => at <= now)
      .sort(([one, at], [other, otherAt]) => at - otherAt || (one < other ? -1 : 1))
      .slice(0, limit)
      .map(([roomId]): DueRoom => ({ roomId, claim: now + CLAIM_MS }));
    for (const { roomId, claim } of rooms) due.set(roomId, claim);
    return { dead: new Map(dead), live: new Set(leases.keys()), since: this.tables.since, rooms };
  }

  #handOver(now: number): void {
    const { dead, rooms } = this.tables;
    let left = HANDED_OVER_MAX;
    for (const [nodeId, dropAt] of dead) {
      const held = rooms.get(nodeId) ?? new Set();
      for (const roomId of [...held].slice(0, left)) {
        held.delete(roomId);
        this.#makeDue(roomId, Math.max(now, dropAt));
        left--;
      }
      if (held.size > 0) continue;
      rooms.delete(nodeId);
      if (dropAt <= now - DEAD_NODE_MEMORY_MS) dead.delete(nodeId);
    }
  }

  #makeDue(roomId: RoomId, at: number): void {
    const { due } = this.tables;
    due.set(roomId, Math.min(at, due.get(roomId) ?? at));
  }

  async reaped({ roomId, claim }: DueRoom, againAt: number | null): Promise<void> {
    const { due } = this.tables;
    const isOurs = due.get(roomId) === claim;
    if (isOurs) due.delete(roomId);
    if (againAt !== null) this.#makeDue(roomId, againAt);
  }

  async resign(nodeId: NodeId): Promise<void> {
    const { leases, dead, listed } = this.tables;
    if (dead.has(nodeId)) return;
    leases.delete(nodeId);
    listed.delete(nodeId);
    dead.set(nodeId, this.#clock.now() + HANDOVER_MS);
  }
}

// Memory engine of the lease store: the readable meaning of the contract. Must not know what is in a room.
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
  type Survey,
} from '../lease-store.ts';
import { StoreUnavailableError } from '../store-errors.ts';

/** All that is kept: plain, so that a test can copy it (structuredClone) and put it back. */
export interface LeaseTables {
  /** When each lease ends. */
  readonly leases: Map<NodeId, number>;
  /** From when on the members of nodes that are gone count as dropped. */
  readonly gone: Map<NodeId, number>;
  readonly rooms: Map<NodeId, Set<RoomId>>;
  /** When somebody has to look after a room. */
  readonly due: Map<RoomId, number>;
  surveyedAt: number | null;
  /** When the first survey was that these tables' server was asked for. */
  since: number | null;
  /** Nodes that have told all their rooms since these tables began. */
  readonly listed: Set<NodeId>;
}

const noTables = (): LeaseTables => ({
  leases: new Map(),
  gone: new Map(),
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

  async renew(nodeId: NodeId): Promise<'held' | 'anew' | 'lost'> {
    const { leases, gone, listed } = this.tables;
    if (gone.has(nodeId)) return 'lost';
    const isKnown = leases.has(nodeId) && listed.has(nodeId);
    leases.set(nodeId, this.#clock.now() + LEASE_MS);
    return isKnown ? 'held' : 'anew';
  }

  /** Another server takes over with what it has of these tables, or with nothing. */
  failOver(kept: LeaseTables = noTables()): void {
    this.tables = { ...structuredClone(kept), listed: new Set(), since: null };
  }

  async hold(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const { leases, gone, rooms } = this.tables;
    if (gone.has(nodeId)) throw new StoreUnavailableError('this node was declared gone');
    const held = rooms.get(nodeId) ?? new Set();
    rooms.set(nodeId, held);
    for (const roomId of roomIds) {
      held.add(roomId);
      // Nobody would find it through this node.
      if (!leases.has(nodeId)) this.#isDue(roomId, this.#clock.now() + LEASE_MS);
    }
  }

  async release(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const held = this.tables.rooms.get(nodeId);
    for (const roomId of roomIds) held?.delete(roomId);
    if (held?.size === 0) this.tables.rooms.delete(nodeId);
  }

  async list(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const { gone, rooms, listed } = this.tables;
    if (gone.has(nodeId)) throw new StoreUnavailableError('this node was declared gone');
    const held = new Set(roomIds);
    for (const roomId of rooms.get(nodeId) ?? []) if (!held.has(roomId)) this.#isDue(roomId, this.#clock.now());
    rooms.delete(nodeId);
    await this.hold(nodeId, roomIds);
    listed.add(nodeId);
  }

  async holders(roomId: RoomId, nodeIds: readonly NodeId[]): Promise<ReadonlyMap<NodeId, Holding>> {
    const { rooms, listed } = this.tables;
    const holding = (nodeId: NodeId): Holding => {
      if (rooms.get(nodeId)?.has(roomId)) return 'holds';
      return listed.has(nodeId) ? 'not' : 'unknown';
    };
    return new Map(nodeIds.map((nodeId) => [nodeId, holding(nodeId)]));
  }

  async claimOrphans(roomIds: readonly RoomId[]): Promise<number> {
    const { leases, gone, rooms, due } = this.tables;
    const nodeIds = [...leases.keys(), ...gone.keys()];
    const isHeld = (roomId: RoomId) => nodeIds.some((nodeId) => rooms.get(nodeId)?.has(roomId));
    const orphans = roomIds.filter((roomId) => !due.has(roomId) && !isHeld(roomId));
    for (const roomId of orphans) this.#isDue(roomId, this.#clock.now());
    return orphans.length;
  }

  async survey({ limit }: { readonly limit: number }): Promise<Survey> {
    const { leases, gone, due, listed } = this.tables;
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
      gone.set(nodeId, end);
    }
    this.#handOver(now);
    const rooms = [...due]
      .filter(([, at]) => at <= now)
      .sort(([one, at], [other, otherAt]) => at - otherAt || (one < other ? -1 : 1))
      .slice(0, limit)
      .map(([roomId]): DueRoom => ({ roomId, claim: now + CLAIM_MS }));
    for (const { roomId, claim } of rooms) due.set(roomId, claim);
    return { dead: new Map(gone), live: new Set(leases.keys()), since: this.tables.since, rooms };
  }

  #handOver(now: number): void {
    const { gone, rooms } = this.tables;
    let left = HANDED_OVER_MAX;
    for (const [nodeId, dropAt] of gone) {
      const held = rooms.get(nodeId) ?? new Set();
      for (const roomId of [...held].slice(0, left)) {
        held.delete(roomId);
        this.#isDue(roomId, Math.max(now, dropAt));
        left--;
      }
      if (held.size > 0) continue;
      rooms.delete(nodeId);
      if (dropAt <= now - DEAD_NODE_MEMORY_MS) gone.delete(nodeId);
    }
  }

  #isDue(roomId: RoomId, at: number): void {
    const { due } = this.tables;
    due.set(roomId, Math.min(at, due.get(roomId) ?? at));
  }

  async reaped({ roomId, claim }: DueRoom, againAt: number | null): Promise<void> {
    const { due } = this.tables;
    const isOurs = due.get(roomId) === claim;
    if (isOurs) due.delete(roomId);
    if (againAt !== null) this.#isDue(roomId, againAt);
  }

  async resign(nodeId: NodeId): Promise<void> {
    const { leases, gone, listed } = this.tables;
    if (gone.has(nodeId)) return;
    leases.delete(nodeId);
    listed.delete(nodeId);
    gone.set(nodeId, this.#clock.now() + HANDOVER_MS);
  }
}

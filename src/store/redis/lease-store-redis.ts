// Redis engine of the lease store: the contract over redis/scripts.
import type { Clock } from '../../ops/clock.ts';
import type { NodeId, RoomId } from '../../protocol/ids.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import { pairsOf } from '../../redis/reply.ts';
import type { RedisScripts, ScriptArguments, ScriptName } from '../../redis/scripts.ts';
import type { DueRoom, Holding, LeaseStore, Renewal, Survey } from '../lease-store.ts';
import { NodeDeclaredDeadError } from '../store-errors.ts';
import { GroupCommit } from './group-commit.ts';

/** No client waits for these calls: a store that answers after two seconds must not cost this node its lease. */
const LEASE_DEADLINE_MS = 2_500;

interface RedisLeaseStoreDeps {
  readonly clock: Clock;
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
}

/** A node begins to serve a room, or ceases to. */
interface Note {
  readonly nodeId: NodeId;
  readonly act: 'hold' | 'release';
  readonly roomId: RoomId;
}

export class RedisLeaseStore implements LeaseStore {
  readonly #deps: RedisLeaseStoreDeps;
  /** In the order in which rooms were activated and passivated. */
  readonly #notes: GroupCommit<Note, string>;

  constructor(deps: RedisLeaseStoreDeps) {
    this.#deps = deps;
    this.#notes = new GroupCommit((notes) => this.#note(notes), deps.clock);
  }

  async renew(nodeId: NodeId): Promise<Renewal> {
    return (await this.#run('renew-lease', [nodeId])).outcome as Renewal;
  }

  async hold(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const noted = await Promise.all(roomIds.map((roomId) => this.#notes.ask({ nodeId, act: 'hold', roomId })));
    if (noted.includes('dead')) throw new NodeDeclaredDeadError();
  }

  async release(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    await Promise.all(roomIds.map((roomId) => this.#notes.ask({ nodeId, act: 'release', roomId })));
  }

  async #note(notes: readonly Note[]): Promise<readonly string[]> {
    const texts = notes.flatMap(({ nodeId, act, roomId }) => [nodeId, act, roomId]);
    return (await this.#run('hold-rooms', texts)).values;
  }

  async list(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const { outcome } = await this.#run('list-rooms', [nodeId, ...roomIds]);
    if (outcome === 'dead') throw new NodeDeclaredDeadError();
  }

  async holders(roomId: RoomId, nodeIds: readonly NodeId[]): Promise<ReadonlyMap<NodeId, Holding>> {
    const { scripts, keys } = this.#deps;
    const { values } = await scripts.read('holders-of-room', keys.leases, [roomId, ...nodeIds]);
    return new Map(nodeIds.map((nodeId, index) => [nodeId, values[index] as Holding]));
  }

  async claimOrphans(roomIds: readonly RoomId[]): Promise<number> {
    if (roomIds.length === 0) return 0;
    const { values } = await this.#run('claim-orphans', roomIds);
    return Number(values[0]);
  }

  async survey({ limit }: { readonly limit: number }): Promise<Survey> {
    const { values } = await this.#run('survey-leases', [limit]);
    const since = Number(values[0]);
    const liveCount = Number(values[1]);
    const live = values.slice(2, 2 + liveCount) as NodeId[];
    const deadFrom = 3 + liveCount;
    const deadTo = deadFrom + 2 * Number(values[deadFrom - 1]);
    const dead = pairsOf(values.slice(deadFrom, deadTo)).map(([nodeId, at]) => [nodeId as NodeId, Number(at)] as const);
    const rooms = pairsOf(values.slice(deadTo)).map(([id, claim]) => ({ roomId: id as RoomId, claim: Number(claim) }));
    return { live: new Set(live), dead: new Map(dead), since, rooms };
  }

  async reaped({ roomId, claim }: DueRoom, againAt: number | null): Promise<void> {
    await this.#run('reaped-room', [roomId, claim, againAt === null ? '' : Math.ceil(againAt)]);
  }

  async resign(nodeId: NodeId): Promise<void> {
    await this.#run('resign-lease', [nodeId]);
  }

  #run(name: ScriptName, args: ScriptArguments) {
    return this.#deps.scripts.run(name, this.#deps.keys.leases, args, { deadlineMs: LEASE_DEADLINE_MS });
  }
}

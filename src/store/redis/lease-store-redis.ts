// Redis engine of the lease store: the contract over redis/scripts. Must not know what is in a room.
import type { Clock } from '../../ops/clock.ts';
import type { NodeId, RoomId } from '../../protocol/ids.ts';
import { type RedisKeys, ttls } from '../../redis/keys.ts';
import type { RedisScripts } from '../../redis/scripts.ts';
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
import { GroupCommit } from './group-commit.ts';

/** Nobody waits for it: a store that answers after two seconds must not cost this node its lease. */
const LEASE_DEADLINE_MS = 2_500;

interface RedisLeaseStoreDeps {
  readonly clock: Clock;
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
}

/** That a node holds a room from now on, or no longer. */
interface Note {
  readonly nodeId: NodeId;
  readonly act: 'hold' | 'release';
  readonly roomId: RoomId;
}

export class RedisLeaseStore implements LeaseStore {
  readonly #deps: RedisLeaseStoreDeps;
  /** In the order in which rooms were opened and let go. */
  readonly #notes: GroupCommit<Note, string>;

  constructor(deps: RedisLeaseStoreDeps) {
    this.#deps = deps;
    this.#notes = new GroupCommit((notes) => this.#note(notes), deps.clock);
  }

  async renew(nodeId: NodeId): Promise<'held' | 'anew' | 'lost'> {
    const { outcome } = await this.#run('renew-lease', [nodeId, LEASE_MS, ttls.leasesMs]);
    return outcome as 'held' | 'anew' | 'lost';
  }

  async hold(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const noted = await Promise.all(roomIds.map((roomId) => this.#notes.ask({ nodeId, act: 'hold', roomId })));
    if (noted.includes('lost')) throw new StoreUnavailableError('this node was declared gone');
  }

  async release(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    await Promise.all(roomIds.map((roomId) => this.#notes.ask({ nodeId, act: 'release', roomId })));
  }

  async #note(notes: readonly Note[]): Promise<readonly string[]> {
    const texts = notes.flatMap(({ nodeId, act, roomId }) => [nodeId, act, roomId]);
    return (await this.#run('hold-rooms', [LEASE_MS, ttls.leasesMs, ...texts])).values;
  }

  async list(nodeId: NodeId, roomIds: readonly RoomId[]): Promise<void> {
    const { outcome } = await this.#run('list-rooms', [nodeId, LEASE_MS, ttls.leasesMs, ...roomIds]);
    if (outcome === 'lost') throw new StoreUnavailableError('this node was declared gone');
  }

  async holders(roomId: RoomId, nodeIds: readonly NodeId[]): Promise<ReadonlyMap<NodeId, Holding>> {
    const { scripts, keys } = this.#deps;
    const { values } = await scripts.read('holders-of-room', keys.leases, [roomId, ...nodeIds]);
    return new Map(nodeIds.map((nodeId, index) => [nodeId, values[index] as Holding]));
  }

  async claimOrphans(roomIds: readonly RoomId[]): Promise<number> {
    if (roomIds.length === 0) return 0;
    const { values } = await this.#run('claim-orphans', [ttls.leasesMs, ...roomIds]);
    return Number(values[0]);
  }

  async survey({ limit }: { readonly limit: number }): Promise<Survey> {
    const times = [LEASE_MS, CLAIM_MS, AWAY_MS, DEAD_NODE_MEMORY_MS];
    const { values } = await this.#run('survey-leases', [...times, HANDED_OVER_MAX, limit, ttls.leasesMs]);
    const since = Number(values[0]);
    const liveCount = Number(values[1]);
    const live = values.slice(2, 2 + liveCount) as NodeId[];
    const goneFrom = 3 + liveCount;
    const goneTo = goneFrom + 2 * Number(values[goneFrom - 1]);
    const gone = pairsOf(values.slice(goneFrom, goneTo)).map(([nodeId, at]) => [nodeId as NodeId, at] as const);
    const rooms = pairsOf(values.slice(goneTo)).map(([roomId, claim]) => ({ roomId: roomId as RoomId, claim }));
    return { live: new Set(live), dead: new Map(gone), since, rooms };
  }

  async reaped({ roomId, claim }: DueRoom, againAt: number | null): Promise<void> {
    await this.#run('reaped-room', [roomId, claim, againAt === null ? '' : Math.ceil(againAt), ttls.leasesMs]);
  }

  async resign(nodeId: NodeId): Promise<void> {
    await this.#run('resign-lease', [nodeId, HANDOVER_MS, ttls.leasesMs]);
  }

  #run(name: Parameters<RedisScripts['run']>[0], args: readonly (string | number)[]) {
    return this.#deps.scripts.run(name, this.#deps.keys.leases, args, { deadlineMs: LEASE_DEADLINE_MS });
  }
}

/** Texts and the number behind each. */
function pairsOf(values: readonly string[]): [string, number][] {
  const pairs: [string, number][] = [];
  for (let index = 0; index + 1 < values.length; index += 2) {
    pairs.push([values[index] as string, Number(values[index + 1])]);
  }
  return pairs;
}

// Redis engine of the lease store: the contract over redis/scripts.
import type { NodeId, RoomId } from '../../protocol/ids.ts';
import { pairsOf } from '../../redis/reply.ts';
import type { ScriptArguments, ScriptName } from '../../redis/scripts.ts';
import type { Holding, LeaseStore, Renewal } from '../lease-store.ts';
import { NodeDeclaredDeadError } from '../store-errors.ts';
import { GroupCommit } from './group-commit.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';

/** No client waits for these calls: a store that answers after two seconds must not cost this node its lease. */
const LEASE_DEADLINE_MS = 2_500;

/** A node begins to serve a room, or ceases to. */
type Note = readonly [nodeId: NodeId, act: 'hold' | 'release', roomId: RoomId];

export function redisLeaseStore({ clock, scripts, keys }: RedisStoreDeps): LeaseStore {
  const run = (name: ScriptName, args: ScriptArguments) =>
    scripts.run(name, keys.leases, args, { deadlineMs: LEASE_DEADLINE_MS });
  /** In the order in which rooms were activated and passivated. */
  const notes = new GroupCommit<Note, string>(async (batch) => (await run('hold-rooms', batch.flat())).values, clock);
  const note = (nodeId: NodeId, act: Note[1], roomIds: readonly RoomId[]) =>
    Promise.all(roomIds.map((roomId) => notes.ask([nodeId, act, roomId])));
  return {
    async renew(nodeId) {
      return (await run('renew-lease', [nodeId])).outcome as Renewal;
    },

    async hold(nodeId, roomIds) {
      if ((await note(nodeId, 'hold', roomIds)).includes('dead')) throw new NodeDeclaredDeadError();
    },

    async release(nodeId, roomIds) {
      await note(nodeId, 'release', roomIds);
    },

    async list(nodeId, roomIds) {
      const { outcome } = await run('list-rooms', [nodeId, ...roomIds]);
      if (outcome === 'dead') throw new NodeDeclaredDeadError();
    },

    async holders(roomId, nodeIds) {
      const { values } = await scripts.read('holders-of-room', keys.leases, [roomId, ...nodeIds]);
      return new Map(nodeIds.map((nodeId, index) => [nodeId, values[index] as Holding]));
    },

    async claimOrphans(roomIds) {
      if (roomIds.length === 0) return 0;
      return Number((await run('claim-orphans', roomIds)).values[0]);
    },

    async survey({ limit }) {
      const { values } = await run('survey-leases', [limit]);
      const since = Number(values[0]);
      const liveCount = Number(values[1]);
      const live = new Set(values.slice(2, 2 + liveCount) as NodeId[]);
      const deadFrom = 3 + liveCount;
      const deadTo = deadFrom + 2 * Number(values[deadFrom - 1]);
      const dead = new Map(pairsOf(values.slice(deadFrom, deadTo)).map(([id, at]) => [id as NodeId, Number(at)]));
      const due = pairsOf(values.slice(deadTo));
      return { live, dead, since, rooms: due.map(([id, claim]) => ({ roomId: id as RoomId, claim: Number(claim) })) };
    },

    async reaped({ roomId, claim }, againAt) {
      await run('reaped-room', [roomId, claim, againAt === null ? '' : Math.ceil(againAt)]);
    },

    async resign(nodeId) {
      await run('resign-lease', [nodeId]);
    },
  };
}

// Redis engine of the list of nodes: one hash, from which every reader removes the silent nodes.
import { NODES_TTL_MS, type RedisKeys } from '../../redis/keys.ts';
import type { RedisScripts } from '../../redis/scripts.ts';
import type { StoreClock } from '../../redis/store-clock.ts';
import { byNodeId, NODE_ENTRY_TTL_MS, type NodeEntry, type NodeStore } from '../node-store.ts';

interface RedisNodeStoreDeps {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
  readonly clock: StoreClock;
}

interface Announced {
  readonly node: NodeEntry;
  readonly at: number;
}

export class RedisNodeStore implements NodeStore {
  readonly #deps: RedisNodeStoreDeps;

  constructor(deps: RedisNodeStoreDeps) {
    this.#deps = deps;
  }

  async announce(node: NodeEntry): Promise<void> {
    const { scripts, keys, clock } = this.#deps;
    const text = JSON.stringify({ node, at: clock.now() } satisfies Announced);
    await scripts.send(keys.nodes, (redis, key) => redis.hset(key, node.nodeId, text));
    await scripts.send(keys.nodes, (redis, key) => redis.pexpire(key, NODES_TTL_MS));
  }

  async remove(nodeId: string): Promise<void> {
    const { scripts, keys } = this.#deps;
    await scripts.send(keys.nodes, (redis, key) => redis.hdel(key, nodeId));
  }

  async list(): Promise<readonly NodeEntry[]> {
    const { scripts, keys, clock } = this.#deps;
    const texts = await scripts.send(keys.nodes, (redis, key) => redis.hgetall(key));
    const oldest = clock.now() - NODE_ENTRY_TTL_MS;
    const all = Object.values(texts).map((text) => JSON.parse(text) as Announced);
    const silent = all.filter(({ at }) => at <= oldest).map(({ node }) => node.nodeId);
    if (silent.length > 0) await scripts.send(keys.nodes, (redis, key) => redis.hdel(key, ...silent));
    return all
      .filter(({ at }) => at > oldest)
      .map(({ node }) => node)
      .sort(byNodeId);
  }
}

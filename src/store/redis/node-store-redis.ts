// Redis engine of the list of nodes: one hash, from which every reader removes the silent nodes.
import { NODES_TTL_MS } from '../../redis/keys.ts';
import { byNodeId, NODE_ENTRY_TTL_MS, type NodeEntry, type NodeStore } from '../node-store.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';

interface Announced {
  readonly node: NodeEntry;
  readonly at: number;
}

export const redisNodeStore = ({ scripts, keys: { nodes }, storeClock }: RedisStoreDeps): NodeStore => ({
  async announce(node) {
    const text = JSON.stringify({ node, at: storeClock.now() } satisfies Announced);
    await scripts.send(nodes, (redis) => redis.hset(nodes, node.nodeId, text));
    await scripts.send(nodes, (redis) => redis.pexpire(nodes, NODES_TTL_MS));
  },

  async remove(nodeId) {
    await scripts.send(nodes, (redis) => redis.hdel(nodes, nodeId));
  },

  async list() {
    const texts = await scripts.send(nodes, (redis) => redis.hgetall(nodes));
    const oldest = storeClock.now() - NODE_ENTRY_TTL_MS;
    const all = Object.values(texts).map((text) => JSON.parse(text) as Announced);
    const silent = all.filter(({ at }) => at <= oldest).map(({ node }) => node.nodeId);
    if (silent.length > 0) await scripts.send(nodes, (redis) => redis.hdel(nodes, ...silent));
    return all
      .filter(({ at }) => at > oldest)
      .map(({ node }) => node)
      .sort(byNodeId);
  },
});

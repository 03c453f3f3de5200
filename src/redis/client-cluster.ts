// The connections to a Cluster. Each master has one for commands and one for the feeds of its rooms. Some master has
// those for the feed and the messages of users.

import { ClusterFeed } from './cluster-feed.ts';
import { ClusterLinks } from './cluster-links.ts';
import { DEADLINE_MS } from './command-link.ts';
import { type ConnectionSetup, checkServer, connectOrClose, userPair } from './connection-setup.ts';
import type { RedisConnections } from './connections.ts';
import type { Place } from './dial.ts';
import { textInSlot } from './slots.ts';
import { Subscriber } from './subscriber.ts';
import { accessOf, parseAddress, type RedisAccess, type RedisTopology } from './topology.ts';

type Cluster = Extract<RedisTopology, { kind: 'cluster' }>;

/** Opens all connections to the Cluster that those nodes belong to. */
export function connectCluster({ nodes, url }: Cluster, setup: ConnectionSetup): Promise<RedisConnections> {
  const { dialer } = setup;
  const access = accessOf(url);
  const dial = (place: Place) => dialer.forCommands('commands', { ...access, ...place });
  const links = new ClusterLinks({ ...setup.ambient, seeds: nodes, dial });
  const anyMaster: Place = { ...access, locator: links };
  const { close: closePair, ...users } = userPair(anyMaster, setup);
  const everywhere = everywhereFeed(anyMaster, { ...setup, links });
  let rooms: ClusterFeed | null = null;
  const close = () => {
    closePair();
    everywhere.feed.close();
    rooms?.close();
    links.close();
  };
  return connectOrClose({ close, clock: setup.ambient.clock }, async () => {
    await links.start();
    await Promise.all(links.masters().map(checkServer));
    rooms = roomFeed(access, { ...setup, links });
    const others = [everywhere.redis, users.userPublisher.redis, users.userSubscriber];
    await Promise.all(others.map((redis) => redis.connect()));
    return { commands: links, rooms, everywhere: everywhere.feed, roomPublish: 'SPUBLISH', ...users, close };
  });
}

type FeedSetup = ConnectionSetup & { readonly links: ClusterLinks };

/** A classic publication reaches every node of the Cluster, so one connection receives all of them. */
function everywhereFeed(place: Place, { dialer, ambient, probeChannel, links }: FeedSetup) {
  const redis = dialer.forCommands('subscriptions', place);
  const feed = new Subscriber({
    ...ambient,
    redis,
    mode: 'classic',
    probeChannel: probeChannel('all', ambient.random.id()),
    publish: (channel, text) => links.call(channel, (one) => one.publish(channel, text), DEADLINE_MS),
  });
  return { redis, feed };
}

function roomFeed(access: RedisAccess, { dialer, ambient, probeChannel, links }: FeedSetup): ClusterFeed {
  const channelIn = (slot: number) => probeChannel(textInSlot(slot), ambient.random.id());
  const open = (master: string, slot: number) => {
    const address = parseAddress(master) ?? { host: '', port: 0 };
    const redis = dialer.forCommands('subscriptions', { ...access, ...address });
    redis.connect().catch(() => undefined);
    return new Subscriber({
      ...ambient,
      redis,
      mode: 'sharded',
      probeChannel: channelIn(slot),
      publish: (channel, text) => links.link(master).call((one) => one.spublish(channel, text), DEADLINE_MS),
      onMoved: () => links.refresh(),
    });
  };
  return new ClusterFeed({ links, open, probeChannel: channelIn, logger: ambient.logger });
}

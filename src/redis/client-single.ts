// The connections to one server at a time: at an address, or to the master that the Sentinels name.

import { CommandLink, DEADLINE_MS } from './command-link.ts';
import { SingleCommandLink } from './command-links.ts';
import { type ConnectionSetup, checkServer, connectOrClose, userPair } from './connection-setup.ts';
import type { RedisConnections } from './connections.ts';
import type { Place } from './dial.ts';
import { Sentinels } from './sentinels.ts';
import { Subscriber } from './subscriber.ts';
import { accessOf, type RedisTopology } from './topology.ts';

/** Opens all connections to the server at that place. */
export function connectOne(
  place: Place,
  { dialer, ambient, probeChannel }: ConnectionSetup,
): Promise<RedisConnections> {
  const { clock, random, logger } = ambient;
  const commands = new CommandLink(dialer.forCommands('commands', place), clock);
  const { close: closePair, ...users } = userPair(place, { dialer, ambient });
  const subscriptions = dialer.forCommands('subscriptions', place);
  const feed = new Subscriber({
    redis: subscriptions,
    mode: 'classic',
    probeChannel: probeChannel('one', random.id()),
    publish: (channel, text) => commands.call((redis) => redis.publish(channel, text), DEADLINE_MS),
    clock,
    logger,
  });
  const close = () => {
    closePair();
    feed.close();
    commands.redis.disconnect();
  };
  return connectOrClose({ close, clock }, async () => {
    const all = [commands.redis, subscriptions, users.userPublisher.redis, users.userSubscriber];
    await Promise.all(all.map((redis) => redis.connect()));
    await checkServer(commands);
    // After a break it may be another server, or one that has lost data, so every feed may have a gap.
    commands.redis.on('ready', () => feed.resyncAll());
    const links = new SingleCommandLink(commands);
    return { commands: links, rooms: feed, everywhere: feed, roomPublish: 'PUBLISH', ...users, close };
  });
}

type BySentinels = Extract<RedisTopology, { kind: 'sentinel' }>;

/** Opens all connections to the master that the Sentinels name, and moves them when they name another. */
export function connectBySentinels(topology: BySentinels, setup: ConnectionSetup): Promise<RedisConnections> {
  const { sentinels, name, url, sentinelAccess } = topology;
  const { dialer, ambient } = setup;
  const access = accessOf(url);
  const watched = sentinels.map((address) => {
    const place = { ...address, ...sentinelAccess, ...(access.tls ? { tls: access.tls } : {}) };
    return dialer.forCommands('sentinel', place);
  });
  const locator = new Sentinels({
    sentinels: watched,
    name,
    clock: ambient.clock,
    onSwitch: (master) => dialer.moveLinks(master),
  });
  const hangUp = () => {
    for (const redis of watched) redis.disconnect();
  };
  return connectOrClose({ close: hangUp, clock: ambient.clock }, async () => {
    // One Sentinel that answers is enough; the driver goes on trying the others.
    await Promise.any(watched.map((redis) => redis.connect())).catch(() => {
      throw new Error('no Sentinel can be reached');
    });
    const connections = await connectOne({ ...access, locator }, setup);
    const close = () => {
      connections.close();
      hangUp();
    };
    return { ...connections, close };
  });
}

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
export function connectOne(place: Place, setup: ConnectionSetup): Promise<RedisConnections> {
  const { dialer, ambient, probeChannel } = setup;
  const { clock, random } = ambient;
  const commands = new CommandLink(dialer.forCommands('commands', place), clock);
  const { close: closePair, ...users } = userPair(place, setup);
  const subscriptions = dialer.forCommands('subscriptions', place);
  const feed = new Subscriber({
    redis: subscriptions,
    mode: 'classic',
    probeChannel: probeChannel('one', random.id()),
    publish: (channel, text) => commands.call((redis) => redis.publish(channel, text), DEADLINE_MS),
    ...ambient,
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

/** Opens all connections to the master that the Sentinels name, and moves them when they name another. */
export function connectBySentinels(
  { sentinels, name, url, sentinelAccess }: Extract<RedisTopology, { kind: 'sentinel' }>,
  setup: ConnectionSetup,
): Promise<RedisConnections> {
  const { dialer, ambient } = setup;
  const access = accessOf(url);
  const tls = access.tls ? { tls: access.tls } : {};
  const watched = sentinels.map((address) => dialer.forCommands('sentinel', { ...address, ...sentinelAccess, ...tls }));
  const { clock } = ambient;
  const locator = new Sentinels({ sentinels: watched, name, clock, onSwitch: (master) => dialer.moveLinks(master) });
  const hangUp = () => {
    for (const redis of watched) redis.disconnect();
  };
  return connectOrClose({ close: hangUp, clock }, async () => {
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

// The common parts of opening connections in every topology: the pair for users, the check of a server, the clean-up.
import type { Ambient } from '../ops/ambient.ts';
import type { Clock } from '../ops/clock.ts';
import { every } from '../ops/repeat.ts';
import { CommandLink, DEADLINE_MS } from './command-link.ts';
import type { RedisConnections } from './connections.ts';
import type { Dialer, Place } from './dial.ts';

/** Scripts that write after asking TIME need effects replication, which older servers do not have by default. */
const REDIS_MAJOR_MIN = 7;
/** How often an idle connection sends a PING: only a connection that sends notices that its link is dead. */
const PING_INTERVAL_MS = 2_000;
/** How long opening may take. A search for a master that no server knows would never end. */
const OPENING_MAX_MS = 15_000;

export interface ConnectionSetup {
  readonly ambient: Ambient;
  readonly dialer: Dialer;
  /** The channel of a connection's probes; in a Cluster it is in the slot of `tag`. */
  readonly probeChannel: (tag: string, connection: string) => string;
}

type UserPair = Pick<RedisConnections, 'userPublisher' | 'userSubscriber' | 'close'>;

/** The pair of connections of Socket.IO's adapter, not yet open; see user-link. */
export function userPair(
  place: Place,
  { dialer, ambient: { clock } }: Pick<ConnectionSetup, 'dialer' | 'ambient'>,
): UserPair {
  const userPublisher = new CommandLink(dialer.forCommands('user-publisher', place), clock);
  // What these channels miss is lost in any case, so ioredis may subscribe again by itself.
  const userSubscriber = dialer.forListening('user-subscriber', place);
  const pair = [userPublisher.redis, userSubscriber];
  const cancel = every(clock, PING_INTERVAL_MS, () => {
    for (const redis of pair) if (redis.status === 'ready') redis.ping().catch(() => undefined);
  });
  const close = () => {
    cancel();
    for (const redis of pair) redis.disconnect();
  };
  return { userPublisher, userSubscriber, close };
}

/** Resolves to what `open` returns. If it fails or takes too long, everything is closed again. */
export function connectOrClose<Opened>(
  { close, clock }: { readonly close: () => void; readonly clock: Clock },
  open: () => Promise<Opened>,
): Promise<Opened> {
  return new Promise<Opened>((resolve, reject) => {
    const fail = (error: Error) => {
      close();
      reject(error);
    };
    const cancel = clock.after(OPENING_MAX_MS, () =>
      fail(new Error(`Redis was not there within ${OPENING_MAX_MS} ms`)),
    );
    open().then(resolve, fail).finally(cancel);
  });
}

/** Rejects servers that are too old, or that may evict keys of ours. */
export async function checkServer(link: CommandLink): Promise<void> {
  const info = await link.call((redis) => redis.info(), DEADLINE_MS);
  const version = /^redis_version:(\d+)\.(\S+)/m.exec(info);
  if (Number(version?.[1] ?? 0) < REDIS_MAJOR_MIN) {
    throw new Error(`Redis ${version?.[1] ?? '?'}.${version?.[2] ?? '?'} is too old: ${REDIS_MAJOR_MIN}.0 is needed`);
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    throw new Error(
      `Redis has maxmemory-policy ${policy}: it must be noeviction, or rooms vanish under memory pressure`,
    );
  }
}

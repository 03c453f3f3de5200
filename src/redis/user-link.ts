// The pair of connections through which nodes reach each other's users. A failure here is logged and goes no further:
// Socket.IO's adapter awaits none of its calls, and one unhandled rejection would end the process.
import type { Logger } from '../ops/logger.ts';
import { DEADLINE_MS } from './command-link.ts';
import type { Redis, RedisConnections } from './connections.ts';
import type { RedisKeys } from './keys.ts';

export interface UserLink {
  /** The channels' prefix; @socket.io/redis-emitter must be given the same. */
  readonly key: string;
  /** Its publish() never rejects: while Redis is away, the message is lost. */
  readonly publisher: Redis;
  /** Its subscriptions never reject, and no message on them can throw. */
  readonly subscriber: Redis;
}

export function createUserLink(
  { userPublisher, userSubscriber }: Pick<RedisConnections, 'userPublisher' | 'userSubscriber'>,
  { keys, logger }: { readonly keys: RedisKeys; readonly logger: Logger },
): UserLink {
  const warn = (error: unknown) =>
    logger.warn({ event: 'redis.users.unreached', error: (error as Error).message }, 'Other nodes were not reached.');
  const quiet = (redis: Redis, name: 'subscribe' | 'psubscribe' | 'unsubscribe' | 'punsubscribe') => {
    const call = redis[name].bind(redis) as (...args: unknown[]) => Promise<unknown>;
    return (...args: unknown[]) => call(...args).catch(warn);
  };
  const subscriptions = ['subscribe', 'psubscribe', 'unsubscribe', 'punsubscribe'] as const;
  return {
    key: keys.users,
    publisher: withMethods(userPublisher.redis, {
      publish: (channel: string, message: string | Buffer) =>
        userPublisher.call((redis) => redis.publish(channel, message), DEADLINE_MS).catch(warn),
    }),
    subscriber: withMethods(userSubscriber, {
      ...Object.fromEntries(subscriptions.map((name) => [name, quiet(userSubscriber, name)])),
      on: (event: string, listen: Listener) => userSubscriber.on(event, guarded(event, listen, warn)),
    }),
  };
}

type Listener = (...args: unknown[]) => unknown;

/** Every client of this Redis may publish on these channels, so a message need not be well-formed. */
function guarded(event: string, listen: Listener, warn: (error: unknown) => void): Listener {
  if (!event.endsWith('messageBuffer')) return listen;
  return (...args) => {
    // The listener may throw or reject. Called within a promise, both end here.
    new Promise((resolve) => resolve(listen(...args))).catch(warn);
  };
}

/** The same client with some of its methods replaced. */
const withMethods = (redis: Redis, methods: Readonly<Record<string, unknown>>): Redis =>
  new Proxy(redis, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

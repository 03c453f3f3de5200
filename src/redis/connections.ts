// Contract: the connections to Redis that the engines are given, wherever it is. Must not know how they are made.
import type { Redis } from 'ioredis';
import type { CommandLink } from './command-link.ts';
import type { CommandLinks } from './command-links.ts';
import type { FeedLinks } from './feed-links.ts';

/** A connection, for those who are given one. */
export type { Redis };

export interface RedisConnections {
  readonly commands: CommandLinks;
  /** The channels of rooms. */
  readonly rooms: FeedLinks;
  /** Channels that are heard on whatever server they are published. */
  readonly everywhere: FeedLinks;
  /** How scripts publish on the channel of a room. */
  readonly roomPublish: 'PUBLISH' | 'SPUBLISH';
  /** See user-link. */
  readonly userPublisher: CommandLink;
  readonly userSubscriber: Redis;
  /** At once: replies that are still on their way are not waited for. */
  close(): void;
}

// Contract: the connections to Redis that the engines get, in every topology.
import type { Redis } from 'ioredis';
import type { CommandLink } from './command-link.ts';
import type { CommandLinks } from './command-links.ts';
import type { FeedLinks } from './feed-links.ts';

/** The driver's connection. */
export type { Redis };

export interface RedisConnections {
  readonly commands: CommandLinks;
  /** The channels of rooms. */
  readonly rooms: FeedLinks;
  /** Channels that reach every node, on any server they are published on. */
  readonly everywhere: FeedLinks;
  /** The command by which scripts publish on the channel of a room. */
  readonly roomPublish: 'PUBLISH' | 'SPUBLISH';
  /** See user-link. */
  readonly userPublisher: CommandLink;
  readonly userSubscriber: Redis;
  /** Closes at once, without waiting for replies that are on their way. */
  close(): void;
}

// What the Redis engines of the stores share.
import type { Ambient } from '../../ops/ambient.ts';
import type { CommandLinks } from '../../redis/command-links.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import type { ReplicationIds } from '../../redis/replication-ids.ts';
import type { RoomScripts } from '../../redis/room-scripts.ts';
import type { RedisScripts } from '../../redis/scripts.ts';
import type { StoreClock } from '../../redis/store-clock.ts';

export interface RedisStoreDeps extends Pick<Ambient, 'clock' | 'random'> {
  readonly links: CommandLinks;
  readonly scripts: RedisScripts;
  readonly roomScripts: RoomScripts;
  readonly keys: RedisKeys;
  readonly storeClock: StoreClock;
  readonly replicationIds: ReplicationIds;
  /** The replication ids of all servers that take writes now. */
  readonly liveReplicationIds: () => Promise<ReadonlySet<string>>;
}

// All rows in the order of the table. Rows about hostile clients (slow readers, storms, slowloris, floods, malformed frames,
// tokens) have their place before the soak.
import { clockRows } from './clocks.ts';
import { commitAndAck } from './commit-and-ack.ts';
import { cuts } from './cut.ts';
import { commandHole, feedHole } from './holes.ts';
import { killCrowd } from './kill-crowd.ts';
import { drainKilled, killNode } from './kill-node.ts';
import { pauses } from './pause.ts';
import { masterKilled, reshard } from './redis-cluster.ts';
import { redisEmpty } from './redis-empty.ts';
import { rolling } from './rolling.ts';
import type { Row } from './row.ts';
import { sentinelFailover } from './sentinel.ts';
import { slowRedis } from './slow-redis.ts';
import { soak } from './soak.ts';

export const rows: readonly Row[] = [
  killNode,
  commitAndAck,
  rolling,
  drainKilled,
  ...pauses,
  redisEmpty,
  feedHole,
  commandHole,
  ...cuts,
  slowRedis,
  killCrowd,
  sentinelFailover,
  masterKilled,
  reshard,
  ...clockRows,
  soak,
];

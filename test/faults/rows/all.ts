// All rows in the order of the table.
import { clockRows } from './clocks.ts';
import { commitAndAck } from './commit-and-ack.ts';
import { cuts } from './cut.ts';
import { floods } from './floods.ts';
import { hugePayloads } from './giants.ts';
import { commandHole, feedHole } from './holes.ts';
import { killCrowd } from './kill-crowd.ts';
import { drainKilled, killNode } from './kill-node.ts';
import { malformed } from './malformed.ts';
import { pauses } from './pause.ts';
import { masterKilled, reshard } from './redis-cluster.ts';
import { redisEmpty } from './redis-empty.ts';
import { rolling } from './rolling.ts';
import type { Row } from './row.ts';
import { sentinelFailover } from './sentinel.ts';
import { slowReaders } from './slow-readers.ts';
import { slowRedis } from './slow-redis.ts';
import { slowloris } from './slowloris.ts';
import { soak } from './soak.ts';
import { storm } from './storm.ts';
import { tokens } from './tokens.ts';

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
  slowReaders,
  storm,
  slowloris,
  floods,
  malformed,
  hugePayloads,
  tokens,
  soak,
];

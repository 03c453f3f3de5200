// Everything that a scenario may measure: name, heading, unit and format.

export interface Measure {
  readonly heading: string;
  readonly meaning: string;
  readonly digits: number;
  /** Whether a ratio between subjects has a meaning. */
  readonly isCompared: boolean;
}

const compared = (heading: string, meaning: string, digits = 2): Measure => ({
  heading,
  meaning,
  digits,
  isCompared: true,
});
const alone = (heading: string, meaning: string, digits = 2): Measure => ({
  heading,
  meaning,
  digits,
  isCompared: false,
});

export const measures = {
  cpuUsPerDelivery: compared('CPU µs', "server's CPU for each event at each member that got it"),
  cpuUsPerDeliveryNet: compared('net µs', 'the same without what the idle server uses in that time'),
  bytesPerDelivery: compared('bytes', 'on the wire, behind the TCP header, for each event at each member', 1),
  framesPerDelivery: compared('frames', 'WebSocket frames for each event at each member'),
  reach: alone('reach', 'received ÷ expected', 4),
  doubled: alone('doubled', 'events that came twice to a member', 0),
  refused: alone('refused', 'commands that were refused', 0),
  ended: alone('ended', 'connections that the server ended', 0),
  'latencyMs.p50': alone('p50 ms', 'from sending to a full client, or to an ack', 1),
  'latencyMs.p99': alone('p99 ms', 'the same', 1),
  'latencyMs.max': alone('max ms', 'the same', 1),
  'lastMs.p50': alone('last p50', 'from sending to the last of all members', 1),
  'lastMs.p99': alone('last p99', 'the same', 1),
  'lastMs.max': alone('last max', 'the same', 1),
  redisMessagesPerEvent: compared('Redis msg', 'messages that Redis sent to all nodes, for each event'),
  idleNodeMessages: alone('to idle', 'messages of the room that nodes without members of it received', 0),
  idleNodeCpuUsPerEvent: compared('idle µs', 'CPU of the nodes without members, for each event'),
  cpuUsPerWrite: alone('µs/write', 'CPU for each write to a member; one may carry many events'),
  cpuGrowth: alone('event ×', 'CPU for each event and member, in the full room ÷ in a tenth of it'),
  joinGrowth: alone('join ×', 'CPU for each join, on the way to the full room ÷ to a tenth of it'),
  heldGrowth: alone('heap ×', 'heap that came with each member, the same'),
  cpuUsPerJoin: compared('CPU µs/join', "server's CPU for each client that came in", 1),
  joinsPerSecond: compared('joins/s', 'clients that came in a second', 0),
  bytesPerJoin: alone('bytes/join', 'on the wire, for each client that came in', 0),
  cpuUsPerLeave: alone('CPU µs/leave', 'CPU for each member that left', 1),
  leavesPerSecond: alone('leaves/s', 'members that left a second', 0),
  joinStallMs: alone(
    'join stall',
    'the longest time in milliseconds for which the event loop did not turn, while members joined',
    0,
  ),
  talkStallMs: alone('talk stall', 'the same while members sent messages', 0),
  resyncStallMs: alone('resync stall', 'the same during a resync, after an interruption of the feed', 0),
  exchangeStallMs: alone('epoch stall', 'the same when the room was replaced and all members got a snapshot', 0),
  leaveStallMs: alone('leave stall', 'the same while all members left', 0),
  closeStallMs: alone('close stall', 'the same when the room was closed', 0),
  heldShareLeft: alone('left', 'share of the heap that came with the members and stayed when they had left'),
  rssKiBPerMember: compared('RSS KiB', 'resident memory that came with each member', 2),
  heldKiBPerMember: compared('heap KiB', 'JavaScript heap and buffers that came with each member, after a collection'),
  hotPerSecond: compared('hot/s', 'commands a second in one room (stock: echoes)', 0),
  hotCpuUs: compared('hot µs', 'CPU for each of them', 1),
  spreadPerSecond: compared('spread/s', 'commands a second over many rooms (stock: echoes)', 0),
  spreadCpuUs: compared('spread µs', 'CPU for each of them', 1),
  hotHalfP99Ms: alone('hot ½ p99', 'milliseconds to the ack at half of that rate', 1),
  spreadHalfP99Ms: alone('spread ½ p99', 'the same over many rooms', 1),
  hotP99Ms: alone('hot p99', 'milliseconds to the ack at full load', 1),
  spreadP99Ms: alone('spread p99', 'the same over many rooms', 1),
  heldKiBPerStalled: compared(
    'held KiB',
    'memory that the server holds for each reader that does not read, at most',
    0,
  ),
  stalledEnded: alone('cut off', 'of the stalled readers, how many the server ended', 0),
  roomsPerSecond: alone('list/s', 'GET /v1/rooms, answers a second', 0),
  roomPerSecond: alone('room/s', 'GET /v1/rooms/{roomId}, answers a second', 0),
  livezPerSecond: alone('livez/s', 'GET /livez, answers a second', 0),
  roomsP99Ms: alone('list p99', 'milliseconds', 1),
  roomP99Ms: alone('room p99', 'milliseconds', 1),
  livezP99Ms: alone('livez p99', 'milliseconds', 1),
  failedRequests: alone('failed', 'answers that were none, or not 200', 0),
  serverLoad: alone('server', 'cores that the busiest server used'),
  crowdLoad: alone('client', 'cores that the load client used'),
  senderLoad: alone('sender', 'cores that the sender and the full clients used'),
  machineLoad: alone('machine', 'share of all cores in use, by any process'),
} as const satisfies Readonly<Record<string, Measure>>;

export type MeasureName = keyof typeof measures;

export const measureNames = Object.keys(measures) as MeasureName[];

/** Formatted as in the tables. */
export const formatted = (name: MeasureName, value: number): string => value.toFixed(measures[name].digits);

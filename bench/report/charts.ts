// Which measures of a scenario get a chart, and which direction is better.
import type { MeasureName } from './measures.ts';

export interface Chart {
  readonly measure: MeasureName;
  readonly title: string;
  readonly better: 'less' | 'more';
}

const less = (measure: MeasureName, title: string): Chart => ({ measure, title, better: 'less' });
const more = (measure: MeasureName, title: string): Chart => ({ measure, title, better: 'more' });

const cpu = less('cpuUsPerDelivery', 'Server CPU for each event at each member, µs');
const bytes = less('bytesPerDelivery', 'Bytes on the wire for each event at each member');
const last = less('lastMs.p99', 'Until the last of all members has it, p99, ms');

export const chartsOf: Readonly<Record<string, readonly Chart[]>> = {
  fanout: [cpu, bytes, last],
  isolated: [cpu, less('cpuUsPerDeliveryNet', 'The same without what the server uses when idle, µs'), last],
  burst: [cpu, bytes, last],
  cluster: [
    less('redisMessagesPerEvent', 'Messages from Redis to all nodes for each event'),
    less('idleNodeMessages', 'Messages of the room to nodes without members of it'),
    cpu,
  ],
  join: [
    less('cpuUsPerJoin', 'Server CPU for each client that comes in, µs'),
    more('joinsPerSecond', 'Clients that came in a second'),
  ],
  idle: [
    less('rssKiBPerMember', 'Resident memory for each member, KiB'),
    less('heldKiBPerMember', 'JavaScript heap and buffers for each member, KiB'),
  ],
  commands: [
    more('hotPerSecond', 'Commands a second in one room (stock: echoes)'),
    more('spreadPerSecond', 'Commands a second over many rooms (stock: echoes)'),
    less('hotHalfP99Ms', 'One room at half of that rate, p99 to the ack, ms'),
    less('spreadHalfP99Ms', 'Many rooms at half of that rate, p99 to the ack, ms'),
  ],
  stalled: [less('heldKiBPerStalled', 'Held for each member that does not read, KiB'), last],
  http: [
    more('roomsPerSecond', 'GET /v1/rooms, answers a second'),
    more('roomPerSecond', 'GET /v1/rooms/{roomId}, answers a second'),
    more('livezPerSecond', 'GET /livez, answers a second'),
  ],
};

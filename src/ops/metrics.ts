// The metrics of this process, and the page on which Prometheus reads them.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CommandName } from '../protocol/commands.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { ServerEventName } from '../protocol/server-events.ts';

/** The result of a commit: the store's answer, or how the call failed. */
export type CommitStatus =
  | 'committed'
  | 'behind'
  | 'elsewhere'
  | 'answered'
  | 'refused'
  | 'occupied'
  | 'late'
  | 'absent'
  | 'unavailable'
  | 'unknown'
  | 'failed';

/** Another commit came first, so the turn is decided again. */
const conflicts: ReadonlySet<CommitStatus> = new Set(['behind', 'elsewhere']);

/** How a shared batch reaches a connection: as finished frames, as compressed frames, or as packets of Socket.IO. */
export type WriteWay = 'frames' | 'deflated' | 'packets';

/** The state of this node at the moment of a scrape. All values may be summed over nodes. */
export interface Readings {
  /** Authenticated connections. */
  readonly connections: number;
  /** Live rooms; a room with members on two nodes is live on both. */
  readonly rooms: number;
  /** Memberships of connections here. */
  readonly members: number;
  /** Seats that these members occupy. */
  readonly seatsTaken: number;
  readonly isStoreUp: boolean;
}

/**
 * Every label value comes from a closed table of ours, never from a client (OPS-2). There are no ids and no names made
 * up by clients, so the number of series is bounded.
 */
export interface Metrics {
  /** A client's command was answered, or carried out without an ack. */
  commandAnswered(answer: {
    readonly command: CommandName | 'unknown';
    readonly result: 'ok' | ErrorCode;
    readonly durationMs: number;
  }): void;
  /** One call of the store was answered. A turn with a conflict makes several calls. */
  commitAnswered(status: CommitStatus, durationMs: number): void;
  /** One event was handed to `recipients` connections; `bytes` is the sum over all of them. */
  delivered(event: ServerEventName, delivery: { readonly recipients: number; readonly bytes: number }): void;
  /** The number of writes that took this way, and their bytes in all. */
  written(way: WriteWay, written: { readonly writes: number; readonly bytes: number }): void;
  /** A connection was ended because its client read too slowly. */
  slowConsumerEnded(): void;
  readonly contentType: string;
  /** The whole page. */
  render(readings: Readings): Promise<string>;
}

/** Idle, store and event loop answer within a millisecond. A command waits two seconds for the store (ACK-4). */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** The default of prom-client, 10 ms, would wake an idle process 200 times a second: half of all its work. */
const LOOP_PRECISION_MS = 50;

/** Each call makes its own registry, because one process may run several servers. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  // Memory, CPU, garbage collection, handles, and the loop's delay since the last scrape; idle, that is the precision.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  const setGauges = createGauges(registry);
  const counters = { ...createCommandCounters(registry), ...createFanoutCounters(registry) };
  return { ...counters, contentType: registry.contentType, render };

  function render(readings: Readings): Promise<string> {
    setGauges(readings);
    return registry.metrics();
  }
}

type CommandCounters = Pick<Metrics, 'commandAnswered' | 'commitAnswered'>;
type FanoutCounters = Pick<Metrics, 'delivered' | 'written' | 'slowConsumerEnded'>;

function createCommandCounters(registry: Registry): CommandCounters {
  const registers = [registry];
  const commands = new Counter({
    name: 'maiwei_commands_total',
    help: 'Commands of clients by name and result: ok or the code of the error.',
    labelNames: ['command', 'result'],
    registers,
  });
  const commandSeconds = new Histogram({
    name: 'maiwei_command_duration_seconds',
    help: 'From the arrival of a command to its ack.',
    labelNames: ['command'],
    buckets: SECONDS,
    registers,
  });
  const commits = new Counter({
    name: 'maiwei_commit_results_total',
    help: 'Commits by the answer of the store.',
    labelNames: ['status'],
    registers,
  });
  const commitConflicts = new Counter({
    name: 'maiwei_commit_conflicts_total',
    help: 'Commits that lost against an earlier commit of another node; they are decided again.',
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'maiwei_commit_duration_seconds',
    help: 'From handing a commit to the store to its answer.',
    buckets: SECONDS,
    registers,
  });
  return {
    commandAnswered({ command, result, durationMs }) {
      commands.inc({ command, result });
      commandSeconds.observe({ command }, durationMs / 1000);
    },
    commitAnswered(status, durationMs) {
      commits.inc({ status });
      if (conflicts.has(status)) commitConflicts.inc();
      commitSeconds.observe(durationMs / 1000);
    },
  };
}

function createFanoutCounters(registry: Registry): FanoutCounters {
  const registers = [registry];
  const events = new Counter({
    name: 'maiwei_fanout_events_total',
    help: 'Events handed to connections, once for each of them.',
    labelNames: ['event'],
    registers,
  });
  const bytes = new Counter({
    name: 'maiwei_fanout_bytes_total',
    help: 'Encoded size of these events, once for each connection; without frame headers and acks.',
    labelNames: ['event'],
    registers,
  });
  const writes = new Counter({
    name: 'maiwei_fanout_writes_total',
    help: 'Writes of room broadcasts, once for each connection; one write may carry many events.',
    labelNames: ['way'],
    registers,
  });
  const wireBytes = new Counter({
    name: 'maiwei_fanout_wire_bytes_total',
    help: 'Bytes of these writes as sent, after compression; with frame headers, except for packets.',
    labelNames: ['way'],
    registers,
  });
  const slowConsumers = new Counter({
    name: 'maiwei_slow_consumers_total',
    help: 'Connections that were ended because they read too slowly.',
    registers,
  });
  return {
    delivered(event, delivery) {
      events.inc({ event }, delivery.recipients);
      bytes.inc({ event }, delivery.bytes);
    },
    written(way, written) {
      writes.inc({ way }, written.writes);
      wireBytes.inc({ way }, written.bytes);
    },
    slowConsumerEnded() {
      slowConsumers.inc();
    },
  };
}

function createGauges(registry: Registry): (readings: Readings) => void {
  const gauge = (name: string, help: string) => new Gauge({ name: `maiwei_${name}`, help, registers: [registry] });
  const connections = gauge('connections', 'Authenticated connections.');
  const rooms = gauge('rooms', 'Live rooms of this node; a room with members on several nodes counts on each.');
  const members = gauge('members', 'Memberships of connections of this node.');
  const seatsTaken = gauge('seats_taken', 'Seats occupied by members of this node.');
  const storeUp = gauge('store_up', '1 when the store (Redis) answered the scrape, else 0.');
  return (readings) => {
    connections.set(readings.connections);
    rooms.set(readings.rooms);
    members.set(readings.members);
    seatsTaken.set(readings.seatsTaken);
    storeUp.set(readings.isStoreUp ? 1 : 0);
  };
}

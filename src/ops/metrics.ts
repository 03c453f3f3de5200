// What this process counts for its operators, and the page on which Prometheus reads it. Must not know who counts.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CommandName } from '../protocol/commands.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { ServerEventName } from '../protocol/server-events.ts';

/** How a commit was answered: what the store said, or how it failed to. */
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

/** Where somebody else's commit came first, so that the turn is decided again. */
const conflicts: ReadonlySet<CommitStatus> = new Set(['behind', 'elsewhere']);

/** How something shared reaches a connection: finished frames, compressed ones, or packets by Socket.IO's own way. */
export type WriteWay = 'frames' | 'deflated' | 'packets';

/** How the process is when the page is asked for. All of it is about this node: sums over nodes make sense. */
export interface Readings {
  /** Authenticated connections. */
  readonly connections: number;
  /** Rooms this node holds; a room with members on two nodes is held by both. */
  readonly rooms: number;
  /** Memberships of connections here. */
  readonly members: number;
  /** Seats on which these members sit. */
  readonly seatsTaken: number;
  readonly isStoreUp: boolean;
}

/**
 * Every label value comes from a closed table of ours, never from a client: neither ids nor names of events that are
 * none, so the number of series stays bounded (OPS-2).
 */
export interface Metrics {
  /** A command of a client has been answered, or would have been if he had wanted an answer. */
  commandAnswered(answer: {
    readonly command: CommandName | 'unknown';
    readonly result: 'ok' | ErrorCode;
    readonly durationMs: number;
  }): void;
  /** One call of the store; a turn that meets a conflict makes several. */
  commitAnswered(status: CommitStatus, durationMs: number): void;
  /** One event has been handed to so many connections; `bytes` is the sum over all of them. */
  delivered(event: ServerEventName, delivery: { readonly recipients: number; readonly bytes: number }): void;
  /** So many writes took that way, with so many bytes in all. */
  written(way: WriteWay, written: { readonly writes: number; readonly bytes: number }): void;
  /** A connection was ended because it read too slowly. */
  gaveUp(): void;
  readonly contentType: string;
  /** The whole page. */
  render(readings: Readings): Promise<string>;
}

/** Store and loop answer within a millisecond when idle; a command gives up on the store after two seconds (ACK-4). */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** prom-client's 10 ms would wake an idle process two hundred times a second: half of all that it does. */
const LOOP_PRECISION_MS = 50;

/** A registry of its own, because one process may run several servers. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  // Memory, CPU, garbage collection, handles; and the loop's delay since the last scrape, its precision being its zero.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  const show = createGauges(registry);
  const counters = { ...createCommandCounters(registry), ...createFanoutCounters(registry) };
  return { ...counters, contentType: registry.contentType, render };

  function render(readings: Readings): Promise<string> {
    show(readings);
    return registry.metrics();
  }
}

type CommandCounters = Pick<Metrics, 'commandAnswered' | 'commitAnswered'>;
type FanoutCounters = Pick<Metrics, 'delivered' | 'written' | 'gaveUp'>;

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
    help: 'Commits by what the store answered.',
    labelNames: ['status'],
    registers,
  });
  const commitConflicts = new Counter({
    name: 'maiwei_commit_conflicts_total',
    help: 'Commits that came too late because another node had committed first; they are decided again.',
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
    help: 'Writes of what a room says, once for each connection; one may carry many events.',
    labelNames: ['way'],
    registers,
  });
  const wireBytes = new Counter({
    name: 'maiwei_fanout_wire_bytes_total',
    help: 'What these writes had in bytes, compressed where it was; with frame headers, except by the way of packets.',
    labelNames: ['way'],
    registers,
  });
  const slowConsumers = new Counter({
    name: 'maiwei_slow_consumers_total',
    help: 'Connections ended because they read too slowly.',
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
    gaveUp() {
      slowConsumers.inc();
    },
  };
}

function createGauges(registry: Registry): (readings: Readings) => void {
  const gauge = (name: string, help: string) => new Gauge({ name: `maiwei_${name}`, help, registers: [registry] });
  const connections = gauge('connections', 'Authenticated connections.');
  const rooms = gauge('rooms', 'Rooms this node holds; one with members on several nodes counts on each.');
  const members = gauge('members', 'Memberships of connections of this node.');
  const seatsTaken = gauge('seats_taken', 'Seats on which members of this node sit.');
  const storeUp = gauge('store_up', '1 when the store (Redis) answered the scrape, else 0.');
  return (readings) => {
    connections.set(readings.connections);
    rooms.set(readings.rooms);
    members.set(readings.members);
    seatsTaken.set(readings.seatsTaken);
    storeUp.set(readings.isStoreUp ? 1 : 0);
  };
}

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

/** Idle, store and event loop answer within a millisecond. A command waits two seconds for the store (ACK-4). */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** The default of prom-client, 10 ms, would wake an idle process 200 times a second: half of all its work. */
const LOOP_PRECISION_MS = 50;

/**
 * Every label value comes from a closed table of ours, never from a client (OPS-2). There are no ids and no names made
 * up by clients, so the number of series is bounded.
 */
export class Metrics {
  /** Not prom-client's own registry, because one process may run several servers. */
  readonly #registry = createRegistry();

  readonly #connections = this.#gauge('connections', 'Authenticated connections.');
  readonly #rooms = this.#gauge(
    'rooms',
    'Live rooms of this node; a room with members on several nodes counts on each.',
  );
  readonly #members = this.#gauge('members', 'Memberships of connections of this node.');
  readonly #seatsTaken = this.#gauge('seats_taken', 'Seats occupied by members of this node.');
  readonly #storeUp = this.#gauge('store_up', '1 when the store (Redis) answered the scrape, else 0.');

  readonly #commands = this.#counter(
    'commands_total',
    'Commands of clients by name and result: ok or the code of the error.',
    'command',
    'result',
  );
  readonly #commandSeconds = this.#seconds(
    'command_duration_seconds',
    'From the arrival of a command to its ack.',
    'command',
  );
  readonly #commits = this.#counter('commit_results_total', 'Commits by the answer of the store.', 'status');
  readonly #commitConflicts = this.#counter(
    'commit_conflicts_total',
    'Commits that lost against an earlier commit of another node; they are decided again.',
  );
  readonly #commitSeconds = this.#seconds(
    'commit_duration_seconds',
    'From handing a commit to the store to its answer.',
  );

  readonly #events = this.#counter(
    'fanout_events_total',
    'Events handed to connections, once for each of them.',
    'event',
  );
  readonly #bytes = this.#counter(
    'fanout_bytes_total',
    'Encoded size of these events, once for each connection; without frame headers and acks.',
    'event',
  );
  readonly #writes = this.#counter(
    'fanout_writes_total',
    'Writes of room broadcasts, once for each connection; one write may carry many events.',
    'way',
  );
  readonly #wireBytes = this.#counter(
    'fanout_wire_bytes_total',
    'Bytes of these writes as sent, after compression; with frame headers, except for packets.',
    'way',
  );
  readonly #slowConsumers = this.#counter(
    'slow_consumers_total',
    'Connections that were ended because they read too slowly.',
  );

  readonly contentType = this.#registry.contentType;

  /** A client's command was answered, or carried out without an ack. */
  commandAnswered(answer: {
    readonly command: CommandName | 'unknown';
    readonly result: 'ok' | ErrorCode;
    readonly durationMs: number;
  }): void {
    const { command, result, durationMs } = answer;
    this.#commands.inc({ command, result });
    this.#commandSeconds.observe({ command }, durationMs / 1000);
  }

  /** One call of the store was answered. A turn with a conflict makes several calls. */
  commitAnswered(status: CommitStatus, durationMs: number): void {
    this.#commits.inc({ status });
    if (conflicts.has(status)) this.#commitConflicts.inc();
    this.#commitSeconds.observe(durationMs / 1000);
  }

  /** One event was handed to `recipients` connections; `bytes` is the sum over all of them. */
  delivered(event: ServerEventName, delivery: { readonly recipients: number; readonly bytes: number }): void {
    this.#events.inc({ event }, delivery.recipients);
    this.#bytes.inc({ event }, delivery.bytes);
  }

  /** The number of writes that took this way, and their bytes in all. */
  written(way: WriteWay, written: { readonly writes: number; readonly bytes: number }): void {
    this.#writes.inc({ way }, written.writes);
    this.#wireBytes.inc({ way }, written.bytes);
  }

  /** A connection was ended because its client read too slowly. */
  slowConsumerEnded(): void {
    this.#slowConsumers.inc();
  }

  /** The whole page. */
  render(readings: Readings): Promise<string> {
    this.#connections.set(readings.connections);
    this.#rooms.set(readings.rooms);
    this.#members.set(readings.members);
    this.#seatsTaken.set(readings.seatsTaken);
    this.#storeUp.set(readings.isStoreUp ? 1 : 0);
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name: `maiwei_${name}`, help, registers: [this.#registry] });
  }

  #counter<Label extends string = never>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `maiwei_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #seconds<Label extends string = never>(name: string, help: string, ...labelNames: Label[]): Histogram<Label> {
    return new Histogram({ name: `maiwei_${name}`, help, labelNames, buckets: SECONDS, registers: [this.#registry] });
  }
}

/** With memory, CPU, garbage collection, handles, and the loop's delay since the last scrape; idle: the precision. */
function createRegistry(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  return register;
}

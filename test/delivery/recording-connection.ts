// A connection that records what it gets. The test sets its backlog.
import type { Connection, Connections } from '../../src/delivery/connections.ts';
import type { EncodedBatch } from '../../src/delivery/encoded-batch.ts';
import type { ServerEventName, ServerEventPayload } from '../../src/protocol/server-events.ts';

export interface Received {
  readonly event: string;
  readonly payload: Record<string, unknown>;
}

export class RecordingConnection implements Connection {
  readonly received: Received[] = [];
  /** One entry for each write; private sends have none. */
  readonly batches: EncodedBatch[] = [];
  backlogBytes = 0;
  isOverflowed = false;
  /** Called at each write. */
  onWrite: () => void = () => undefined;

  write(batch: EncodedBatch): void {
    this.batches.push(batch);
    for (const { text } of batch.packets) {
      const [event, payload] = JSON.parse(text.slice(1)) as [string, Record<string, unknown>];
      this.received.push({ event, payload });
    }
    this.onWrite();
  }

  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    this.received.push({ event, payload: payload as Record<string, unknown> });
  }

  overflow(): void {
    this.isOverflowed = true;
  }

  /** Everything received, update by update, message by message. */
  items(): string[] {
    return this.received.flatMap(({ event, payload }) => {
      if (event === 'room:events')
        return (payload.updates as { version: number }[]).map(({ version }) => `v${version}`);
      if (event === 'room:messages') return (payload.messages as object[]).map((message) => nameOf(message));
      if (event === 'room:audience') return [`n${payload.count as number}`];
      if (event === 'message:deleted') return [`-${payload.messageId as string}`];
      return [event];
    });
  }
}

const nameOf = (message: { messageId?: string; key?: string; count?: number }): string =>
  message.messageId ?? `${message.key}×${message.count}`;

/** Records the batches that the outbox reports as written. */
export class WrittenBatches implements Pick<Connections, 'onWritten'> {
  readonly batches: EncodedBatch[] = [];

  onWritten(batch: EncodedBatch): void {
    this.batches.push(batch);
  }
}

// A line that remembers what it was sent, and is as far behind as a test says.
import type { Connection, Connections } from '../../src/delivery/connections.ts';
import type { EncodedBatch } from '../../src/delivery/encoded-batch.ts';
import type { ServerEventName, ServerEventPayload } from '../../src/protocol/server-events.ts';

export interface Received {
  readonly event: string;
  readonly payload: Record<string, unknown>;
}

export class EarLine implements Connection {
  readonly received: Received[] = [];
  /** One entry a write; what was said to it alone has none. */
  readonly parcels: EncodedBatch[] = [];
  backlogBytes = 0;
  hasBeenGivenUp = false;
  /** Called with each write. */
  onWrite: () => void = () => undefined;

  write(parcel: EncodedBatch): void {
    this.parcels.push(parcel);
    for (const { text } of parcel.packets) {
      const [event, payload] = JSON.parse(text.slice(1)) as [string, Record<string, unknown>];
      this.received.push({ event, payload });
    }
    this.onWrite();
  }

  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    this.received.push({ event, payload: payload as Record<string, unknown> });
  }

  overflow(): void {
    this.hasBeenGivenUp = true;
  }

  /** Everything heard, update by update, message by message. */
  items(): string[] {
    return this.received.flatMap(({ event, payload }) => {
      if (event === 'room:events')
        return (payload.updates as { version: number }[]).map(({ version }) => `v${version}`);
      if (event === 'room:messages') return (payload.messages as object[]).map((one) => nameOf(one));
      if (event === 'room:audience') return [`n${payload.count as number}`];
      if (event === 'message:deleted') return [`-${payload.messageId as string}`];
      return [event];
    });
  }
}

const nameOf = (message: { messageId?: string; key?: string; count?: number }): string =>
  message.messageId ?? `${message.key}×${message.count}`;

/** Counts the parcels it is told of. */
export class Account implements Pick<Connections, 'onWritten'> {
  readonly parcels: EncodedBatch[] = [];

  onWritten(parcel: EncodedBatch): void {
    this.parcels.push(parcel);
  }
}

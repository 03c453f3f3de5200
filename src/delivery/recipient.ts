// A recipient: one connection in a room's outbox, and how far it has got the room's broadcasts.
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { Stream } from './broadcast.ts';
import type { Connection } from './connections.ts';

/** Sends one event to one connection. */
export type PrivateSend = () => void;

/** The outbox, as far as its recipients need it: the methods of a recipient, with the recipient named. */
interface RecipientOutbox {
  send(recipient: Recipient, send: PrivateSend): void;
  switchStream(recipient: Recipient): void;
  leave(recipient: Recipient): void;
}

export class Recipient {
  readonly connection: Connection;
  /** How many of the room's broadcasts it was written, or does not need. Only the outbox sets it. */
  lastSeq: number;
  /** Its place in the outbox's list; −1 after it left. Only the outbox sets it. */
  index: number;
  /** Its backlog was too large: the end of the connection is on the way. */
  isOverflowed = false;
  /** Only switchTo() sets it. */
  stream: Stream;
  readonly #outbox: RecipientOutbox;

  constructor(outbox: RecipientOutbox, connection: Connection, start: Pick<Recipient, 'stream' | 'lastSeq' | 'index'>) {
    this.#outbox = outbox;
    this.connection = connection;
    this.stream = start.stream;
    this.lastSeq = start.lastSeq;
    this.index = start.index;
  }

  /** From here on it gets the updates of that stream; earlier broadcasts still go out by the old one. */
  switchTo(stream: Stream): void {
    this.#outbox.switchStream(this);
    this.stream = stream;
  }

  /** Sends an event to it alone, in order behind all broadcasts before. */
  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    this.#outbox.send(this, () => this.connection.send(event, payload));
  }

  /** It gets all broadcasts so far, and none from then on. */
  leave(): void {
    this.#outbox.leave(this);
  }

  /** Ends its connection: the backlog is too large. */
  overflow(): void {
    this.isOverflowed = true;
    this.connection.overflow();
  }
}

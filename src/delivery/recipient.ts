// One connection in a room's outbox: what it has heard, and what is said to it alone. Must not know what is said, nor when
// it is written.
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { Stream } from './broadcast.ts';
import type { Connection } from './connections.ts';

/** What it hears by; see Outbox. */
interface RecipientOutbox {
  /** Has it say something to this one alone, behind what was said so far, and behind what is being said together. */
  send(recipient: Recipient, say: () => void): void;
  /** It hears another history from here on. */
  switchStream(recipient: Recipient): void;
  /** It hears what was said so far, and nothing more. */
  leave(recipient: Recipient): void;
}

/** A place in the outbox: one connection, and how much of what the room says it has heard. */
export class Recipient {
  readonly connection: Connection;
  /** How many announcements it has been written, or was shown otherwise; the outbox's own. */
  lastSeq: number;
  /** Where it is in the outbox's list; −1: no longer there; the outbox's own. */
  index: number;
  /** Too far behind: its end is on the way; the outbox's own. */
  isOverflowed = false;
  readonly #outbox: RecipientOutbox;
  #stream: Stream;

  constructor(outbox: RecipientOutbox, line: Connection, start: { hearing: Stream; heard: number; index: number }) {
    this.#outbox = outbox;
    this.connection = line;
    this.#stream = start.hearing;
    this.lastSeq = start.heard;
    this.index = start.index;
  }

  get stream(): Stream {
    return this.#stream;
  }

  /** From here on it hears this history. */
  switchTo(hearing: Stream): void {
    this.#outbox.switchStream(this);
    this.#stream = hearing;
  }

  /** Says something to it alone, in its place behind all that was said before. */
  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    this.#outbox.send(this, () => this.connection.send(event, payload));
  }

  /** It hears what was said so far, and nothing more. */
  leave(): void {
    this.#outbox.leave(this);
  }

  /** It is too far behind. */
  overflow(): void {
    this.isOverflowed = true;
    this.connection.overflow();
  }
}

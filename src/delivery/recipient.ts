// One connection in a room's outbox: what it has heard, and what is said to it alone. Must not know what is said, nor when
// it is written.
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { Hearing } from './broadcast.ts';
import type { Line } from './connections.ts';

/** What it hears by; see Outbox. */
interface Sender {
  /** Has it say something to this one alone, behind what was said so far, and behind what is being said together. */
  tell(recipient: Recipient, say: () => void): void;
  /** It hears another history from here on. */
  turn(recipient: Recipient): void;
  /** It hears what was said so far, and nothing more. */
  leave(recipient: Recipient): void;
}

/** A place in the outbox: one connection, and how much of what the room says it has heard. */
export class Recipient {
  readonly line: Line;
  /** How many announcements it has been written, or was shown otherwise; the outbox's own. */
  heard: number;
  /** Where it is in the outbox's list; −1: no longer there; the outbox's own. */
  index: number;
  /** Too far behind: its end is on the way; the outbox's own. */
  isGivenUp = false;
  readonly #outbox: Sender;
  #hearing: Hearing;

  constructor(outbox: Sender, line: Line, start: { hearing: Hearing; heard: number; index: number }) {
    this.#outbox = outbox;
    this.line = line;
    this.#hearing = start.hearing;
    this.heard = start.heard;
    this.index = start.index;
  }

  get hearing(): Hearing {
    return this.#hearing;
  }

  /** From here on it hears this history. */
  turnTo(hearing: Hearing): void {
    this.#outbox.turn(this);
    this.#hearing = hearing;
  }

  /** Says something to it alone, in its place behind all that was said before. */
  tell<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    this.#outbox.tell(this, () => this.line.send(event, payload));
  }

  /** It hears what was said so far, and nothing more. */
  leave(): void {
    this.#outbox.leave(this);
  }

  /** It is too far behind. */
  giveUp(): void {
    this.isGivenUp = true;
    this.line.giveUp();
  }
}

// Sends all commands of one turn of the event loop as one write. In a crowd each join would cost a system call.
import type { Redis } from 'ioredis';
import type { Clock } from '../ops/clock.ts';

/** The one property that is used of a connection: the stream of its present link. */
type Link = Pick<Redis, 'stream'>;

export class WriteCoalescing {
  readonly #link: Link;
  readonly #clock: Clock;
  #corked: Link['stream'] | null = null;

  constructor(link: Link, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** Keeps what is written from now on until the end of this turn of the event loop. */
  gather(): void {
    const { stream } = this.#link;
    if (this.#corked === stream) return;
    this.#corked = stream;
    stream.cork();
    // By then all that has arrived from the network so far has been handled.
    this.#clock.soon(() => {
      if (this.#corked === stream) this.#corked = null;
      stream.uncork();
    });
  }
}

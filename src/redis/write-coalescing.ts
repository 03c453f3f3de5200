// Sends what is asked of Redis in one turn of the event loop as one write: a crowd at the door would otherwise be a system
// call for each. Must not know what is asked.
import type { Redis } from 'ioredis';

/** Of a connection only this: the stream of its present link. */
type Link = Pick<Redis, 'stream'>;

export class WriteCoalescing {
  readonly #link: Link;
  #held: Link['stream'] | null = null;

  constructor(link: Link) {
    this.#link = link;
  }

  /** What is written from now on leaves when everybody who has something to say right now has said it. */
  gather(): void {
    const { stream } = this.#link;
    if (this.#held === stream) return;
    this.#held = stream;
    stream.cork();
    // After all that has arrived from the network by now has been handled.
    setImmediate(() => {
      if (this.#held === stream) this.#held = null;
      stream.uncork();
    });
  }
}

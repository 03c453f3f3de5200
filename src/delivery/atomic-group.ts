// What a room says together: it goes out as one, and words for one alone behind it. Must not know what is said, nor write.
import type { Recipient } from './recipient.ts';

export type PrivateSend = () => void;

export class AtomicGroup {
  /** Some of it has been said: it is written when it is all there. */
  isDue = false;
  readonly #privateSends = new Map<Recipient, PrivateSend[]>();

  add(recipient: Recipient, say: PrivateSend): void {
    const words = this.#privateSends.get(recipient);
    if (words) words.push(say);
    else this.#privateSends.set(recipient, [say]);
  }

  /** What is kept for that one, who goes. */
  take(recipient: Recipient): readonly PrivateSend[] {
    const words = this.#privateSends.get(recipient) ?? [];
    this.#privateSends.delete(recipient);
    return words;
  }

  get privateSends(): Iterable<[Recipient, readonly PrivateSend[]]> {
    return this.#privateSends;
  }
}

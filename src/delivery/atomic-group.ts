// What a room says together: it goes out as one, and words for one alone behind it. Must not know what is said, nor write.
import type { Recipient } from './recipient.ts';

export type Word = () => void;

export class Bundle {
  /** Some of it has been said: it is written when it is all there. */
  isDue = false;
  readonly #ownWords = new Map<Recipient, Word[]>();

  keep(recipient: Recipient, say: Word): void {
    const words = this.#ownWords.get(recipient);
    if (words) words.push(say);
    else this.#ownWords.set(recipient, [say]);
  }

  /** What is kept for that one, who goes. */
  take(recipient: Recipient): readonly Word[] {
    const words = this.#ownWords.get(recipient) ?? [];
    this.#ownWords.delete(recipient);
    return words;
  }

  get ownWords(): Iterable<[Recipient, readonly Word[]]> {
    return this.#ownWords;
  }
}

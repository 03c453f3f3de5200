// An atomic group: broadcasts that reach each client together or not at all, and the private sends that go behind them.
import type { PrivateSend, Recipient } from './recipient.ts';

export class AtomicGroup {
  /** A flush was asked for while the group was open. It takes place at the group's end. */
  isFlushDue = false;
  readonly #privateSends = new Map<Recipient, PrivateSend[]>();

  add(recipient: Recipient, send: PrivateSend): void {
    const sends = this.#privateSends.get(recipient);
    if (sends) sends.push(send);
    else this.#privateSends.set(recipient, [send]);
  }

  /** Takes out the private sends for one recipient: it leaves before the group ends. */
  take(recipient: Recipient): readonly PrivateSend[] {
    const sends = this.#privateSends.get(recipient) ?? [];
    this.#privateSends.delete(recipient);
    return sends;
  }

  get privateSends(): Iterable<[Recipient, readonly PrivateSend[]]> {
    return this.#privateSends;
  }
}

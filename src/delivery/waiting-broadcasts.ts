// The broadcasts of a room that wait for the next flush.
import { type Broadcast, sizeOf } from './broadcast.ts';
import { PendingBatch } from './pending-batch.ts';

/** What a broadcast weighs beside its own text, roughly. */
const ENVELOPE_BYTES = 64;

export class WaitingBroadcasts {
  readonly #roomId: string;
  #broadcasts: Broadcast[] = [];
  #bytes = 0;
  /** How many broadcasts the room has made on this node. */
  #seq = 0;
  /** All that waits as a batch, once a recipient must get it before the others. */
  #earlyBatch: PendingBatch | null = null;

  constructor(roomId: string) {
    this.#roomId = roomId;
  }

  /** How many broadcasts the room has made on this node, those that wait included. */
  get seq(): number {
    return this.#seq;
  }

  get count(): number {
    return this.#broadcasts.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the batch that some recipients got early: it is not used any more, since there is more to write now. */
  add(broadcast: Broadcast): PendingBatch | null {
    const outdated = this.#earlyBatch;
    this.#earlyBatch = null;
    this.#broadcasts.push(broadcast);
    this.#seq++;
    this.#bytes += ENVELOPE_BYTES + sizeOf(broadcast);
    return outdated;
  }

  /** All that waits, for a recipient that must get it before the others. Null when nothing waits. */
  peek(): PendingBatch | null {
    if (this.#broadcasts.length === 0) return null;
    this.#earlyBatch ??= new PendingBatch(this.#roomId, this.#broadcasts, this.#seq - this.#broadcasts.length);
    return this.#earlyBatch;
  }

  /** Takes out all that waits. Null when nothing waits. */
  take(): PendingBatch | null {
    const batch = this.peek();
    this.#broadcasts = [];
    this.#bytes = 0;
    this.#earlyBatch = null;
    return batch;
  }
}

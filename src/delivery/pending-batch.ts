// A pending batch: broadcasts that are written together, encoded once for each sort of recipient. It grows until the
// outbox begins to write it.
import { type BacklogLevel, type Broadcast, type Stream, sizeOf } from './broadcast.ts';
import { conflate } from './conflation.ts';
import { EncodedBatch } from './encoded-batch.ts';

/** What a broadcast weighs beside its own text, roughly. */
const ENVELOPE_BYTES = 64;

export class PendingBatch {
  /** How many broadcasts the room had made on this node before the first of these, and with the last of these. */
  readonly start: number;
  end: number;
  bytes = 0;
  readonly #roomId: string;
  readonly #broadcasts: Broadcast[] = [];
  /** Null: the batch has nothing for that sort of recipient. */
  readonly #encodings = new Map<string, EncodedBatch | null>();
  /** The encodings for nearly everybody: recipients that got all before and are not slow. It needs no key. */
  readonly #usual: { public: EncodedBatch | null | undefined; staff: EncodedBatch | null | undefined } = {
    public: undefined,
    staff: undefined,
  };

  constructor(roomId: string, start: number) {
    this.#roomId = roomId;
    this.start = start;
    this.end = start;
  }

  get count(): number {
    return this.end - this.start;
  }

  /** Whether recipients were given the batch already: nobody else gets it so once there is more to write. */
  get isEncoded(): boolean {
    return this.#encodings.size > 0;
  }

  /** The encodings that were made so far must have been taken out. */
  add(broadcast: Broadcast): void {
    this.#broadcasts.push(broadcast);
    this.end++;
    this.bytes += ENVELOPE_BYTES + sizeOf(broadcast);
  }

  /** What a recipient gets of the batch that has got the room's first `lastSeq` broadcasts already. */
  encodedFor(lastSeq: number, stream: Stream, level: BacklogLevel): EncodedBatch | null {
    if (lastSeq <= this.start && level === 'all' && stream !== 'paused') {
      const usual = this.#usual[stream];
      if (usual !== undefined) return usual;
      const encoded = this.#encode(this.start, stream, level);
      this.#usual[stream] = encoded;
      return encoded;
    }
    return this.#encode(Math.max(lastSeq, this.start), stream, level);
  }

  /** Takes out all encodings that were made of the batch, each once. */
  takeEncodings(): Iterable<EncodedBatch> {
    const made = new Set([...this.#encodings.values()].filter((encoded) => encoded !== null));
    this.#encodings.clear();
    this.#usual.public = undefined;
    this.#usual.staff = undefined;
    return made;
  }

  #encode(lastSeq: number, stream: Stream, level: BacklogLevel): EncodedBatch | null {
    const key = `${lastSeq} ${stream} ${level}`;
    const known = this.#encodings.get(key);
    if (known !== undefined) return known;
    const packets = conflate(this.#roomId, this.#broadcasts.slice(lastSeq - this.start), { stream, level });
    const encoded = packets.length === 0 ? null : this.#shareEqual(packets);
    this.#encodings.set(key, encoded);
    return encoded;
  }

  /** The public and the staff mostly get the same: then they share the frames, too. */
  #shareEqual(packets: EncodedBatch['packets']): EncodedBatch {
    const isEqual = (other: EncodedBatch) =>
      other.packets.length === packets.length &&
      other.packets.every(({ text }, index) => text === packets[index]?.text);
    return [...this.#encodings.values()].find((other) => other !== null && isEqual(other)) ?? new EncodedBatch(packets);
  }
}

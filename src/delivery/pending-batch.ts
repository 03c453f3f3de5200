// Announcements that are written together, as a parcel for each sort of listener. Must not know connections.
import type { BacklogLevel, Broadcast, Stream } from './broadcast.ts';
import { compose } from './conflation.ts';
import { EncodedBatch } from './encoded-batch.ts';

export class PendingBatch {
  /** How many announcements the room had made before the first of these, and up to the last. */
  readonly start: number;
  readonly end: number;
  readonly #roomId: string;
  readonly #broadcasts: readonly Broadcast[];
  /** Null: there is nothing in it for such a listener. */
  readonly #encodings = new Map<string, EncodedBatch | null>();
  /** The parcel of nearly everybody, found without making a name: those who heard all before, and are not behind. */
  readonly #usual: { public: EncodedBatch | null | undefined; staff: EncodedBatch | null | undefined } = {
    public: undefined,
    staff: undefined,
  };

  constructor(roomId: string, said: readonly Broadcast[], start: number) {
    this.#roomId = roomId;
    this.#broadcasts = said;
    this.start = start;
    this.end = start + said.length;
  }

  /** What a listener is to have of it who has heard so many announcements. */
  encodedFor(heard: number, hearing: Stream, load: BacklogLevel): EncodedBatch | null {
    if (heard <= this.start && load === 'all' && hearing !== 'talk') {
      const usual = this.#usual[hearing];
      if (usual !== undefined) return usual;
      const parcel = this.#encode(Math.max(heard, this.start), hearing, load);
      this.#usual[hearing] = parcel;
      return parcel;
    }
    return this.#encode(Math.max(heard, this.start), hearing, load);
  }

  #encode(heard: number, hearing: Stream, load: BacklogLevel): EncodedBatch | null {
    const name = `${heard} ${hearing} ${load}`;
    const known = this.#encodings.get(name);
    if (known !== undefined) return known;
    const packets = compose(this.#roomId, this.#broadcasts.slice(heard - this.start), { hearing, load });
    const parcel = packets.length === 0 ? null : this.#shareEqual(packets);
    this.#encodings.set(name, parcel);
    return parcel;
  }

  /** Public and staff mostly hear the same: then they share its frames, too. */
  #shareEqual(packets: EncodedBatch['packets']): EncodedBatch {
    const isSame = (one: EncodedBatch) =>
      one.packets.length === packets.length && one.packets.every(({ text }, index) => text === packets[index]?.text);
    return [...this.#encodings.values()].find((one) => one !== null && isSame(one)) ?? new EncodedBatch(packets);
  }

  /** All that was made of it. */
  get encodings(): Iterable<EncodedBatch> {
    return new Set([...this.#encodings.values()].filter((parcel) => parcel !== null));
  }
}

// Announcements that are written together, as a parcel for each sort of listener. Must not know connections.
import type { Announcement, Hearing, Load } from './broadcast.ts';
import { compose } from './conflation.ts';
import { Parcel } from './encoded-batch.ts';

export class Batch {
  /** How many announcements the room had made before the first of these, and up to the last. */
  readonly start: number;
  readonly end: number;
  readonly #roomId: string;
  readonly #said: readonly Announcement[];
  /** Null: there is nothing in it for such a listener. */
  readonly #parcels = new Map<string, Parcel | null>();
  /** The parcel of nearly everybody, found without making a name: those who heard all before, and are not behind. */
  readonly #usual: { public: Parcel | null | undefined; staff: Parcel | null | undefined } = {
    public: undefined,
    staff: undefined,
  };

  constructor(roomId: string, said: readonly Announcement[], start: number) {
    this.#roomId = roomId;
    this.#said = said;
    this.start = start;
    this.end = start + said.length;
  }

  /** What a listener is to have of it who has heard so many announcements. */
  parcelFor(heard: number, hearing: Hearing, load: Load): Parcel | null {
    if (heard <= this.start && load === 'all' && hearing !== 'talk') {
      const usual = this.#usual[hearing];
      if (usual !== undefined) return usual;
      const parcel = this.#parcelOf(Math.max(heard, this.start), hearing, load);
      this.#usual[hearing] = parcel;
      return parcel;
    }
    return this.#parcelOf(Math.max(heard, this.start), hearing, load);
  }

  #parcelOf(heard: number, hearing: Hearing, load: Load): Parcel | null {
    const name = `${heard} ${hearing} ${load}`;
    const known = this.#parcels.get(name);
    if (known !== undefined) return known;
    const packets = compose(this.#roomId, this.#said.slice(heard - this.start), { hearing, load });
    const parcel = packets.length === 0 ? null : this.#twin(packets);
    this.#parcels.set(name, parcel);
    return parcel;
  }

  /** Public and staff mostly hear the same: then they share its frames, too. */
  #twin(packets: Parcel['packets']): Parcel {
    const isSame = (one: Parcel) =>
      one.packets.length === packets.length && one.packets.every(({ text }, index) => text === packets[index]?.text);
    return [...this.#parcels.values()].find((one) => one !== null && isSame(one)) ?? new Parcel(packets);
  }

  /** All that was made of it. */
  get parcels(): Iterable<Parcel> {
    return new Set([...this.#parcels.values()].filter((parcel) => parcel !== null));
  }
}

// What a device makes of one room that it is in: the fold of all that it was told (SYNC-1, SYNC-6, SYNC-8), as SPEC's chapter
// 2 has it. Must not know connections.
import type { MemberKind } from '../../src/domain/view.ts';
import type { Update } from '../../src/protocol/room-events.ts';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { RoomSnapshot, You } from '../../src/protocol/snapshot.ts';
import { ClientView } from '../support/client-view.ts';

export interface Position {
  readonly epoch: string;
  readonly version: number;
}

/** What joins and syncs are answered with, either way. */
export type FetchedRoom = Pick<ServerEventPayload<'room:snapshot'>, 'you'> & {
  readonly room?: ServerEventPayload<'room:snapshot'>['room'];
  readonly updates: ServerEventPayload<'room:events'>['updates'];
  readonly epoch: string;
  readonly version: number;
  readonly audience: ServerEventPayload<'room:snapshot'>['room']['audience'];
};

export class RoomCopy {
  #view: ClientView;
  #you: You;
  /** Whose sessions were named, whether they are there or not: by user the highest fence heard. */
  readonly #fences = new Map<string, number>();
  readonly #present = new Set<string>();
  count = 0;

  constructor(room: RoomSnapshot, you: You) {
    this.#view = new ClientView(room);
    this.#you = you;
    this.#seeAudience(room.audience);
  }

  get view() {
    return this.#view.view;
  }

  get you(): You {
    return this.#you;
  }

  get position(): Position {
    return { epoch: this.#view.epoch, version: this.#view.version };
  }

  /** Which history this device is told. */
  get kind(): MemberKind {
    return this.#view.view.requests === null ? 'public' : 'staff';
  }

  /** Who is in the room, as far as this device was told. */
  get present(): ReadonlySet<string> {
    return this.#present;
  }

  seatOf(userId: string): number | null {
    return this.view.seats.find(({ occupant }) => occupant?.userId === userId)?.seat ?? null;
  }

  /** False when something was missed: what follows cannot be applied. */
  take(epoch: string, updates: readonly Update[]): boolean {
    for (const update of updates) {
      if (epoch !== this.#view.epoch) return false;
      if (update.version > this.#view.version && update.after > this.#view.version) return false;
      this.#view.take(update);
    }
    return true;
  }

  /** The history has been told up to there, whether or not any of it was for this device. */
  reach(version: number): void {
    this.#view.version = Math.max(this.#view.version, version);
  }

  /** All that was known is replaced. */
  replace(room: RoomSnapshot, you: You): void {
    this.#view = new ClientView(room);
    this.#you = you;
    this.#seeAudience(room.audience);
  }

  resume(audience: RoomSnapshot['audience'], you: You): void {
    this.#you = you;
    this.#seeAudience(audience);
  }

  hearAudience({ count, joined = [], left = [] }: ServerEventPayload<'room:audience'>): void {
    this.count = count;
    for (const { userId, fence } of joined) {
      if (fence < (this.#fences.get(userId) ?? 0)) continue;
      this.#fences.set(userId, fence);
      this.#present.add(userId);
    }
    for (const { userId, fence } of left) {
      if (fence < (this.#fences.get(userId) ?? 0)) continue;
      this.#fences.set(userId, fence);
      this.#present.delete(userId);
    }
  }

  #seeAudience({ count, members }: RoomSnapshot['audience']): void {
    this.count = count;
    this.#present.clear();
    for (const { userId, fence } of members) {
      this.#present.add(userId);
      this.#fences.set(userId, fence);
    }
  }
}

// A device's copy of one room: the fold of everything that it received (SYNC-1, SYNC-6, SYNC-8), as chapter 2 of
// SPEC.md has it.
import type { MemberKind } from '../../src/domain/view.ts';
import type { Update } from '../../src/protocol/room-events.ts';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { RoomSnapshot, You } from '../../src/protocol/snapshot.ts';
import { ClientView } from '../support/client-view.ts';

export interface Position {
  readonly epoch: string;
  readonly version: number;
}

/** The answer to a join or a sync, in either form. */
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
  /** By user the highest fence that the device received, whether the user is present or not. */
  readonly #fences = new Map<string, number>();
  readonly #present = new Set<string>();
  count = 0;

  constructor(room: RoomSnapshot, you: You) {
    this.#view = new ClientView(room);
    this.#you = you;
    this.#replaceAudience(room.audience);
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

  /** The stream that this device gets. */
  get kind(): MemberKind {
    return this.#view.view.requests === null ? 'public' : 'staff';
  }

  /** The users in the room, as far as this device knows. */
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

  /** All updates up to this version were sent, whether or not one was for this device. */
  advanceTo(version: number): void {
    this.#view.version = Math.max(this.#view.version, version);
  }

  /** Replaces everything that was known. */
  replace(room: RoomSnapshot, you: You): void {
    this.#view = new ClientView(room);
    this.#you = you;
    this.#replaceAudience(room.audience);
  }

  resume(audience: RoomSnapshot['audience'], you: You): void {
    this.#you = you;
    this.#replaceAudience(audience);
  }

  applyAudience({ count, joined = [], left = [] }: ServerEventPayload<'room:audience'>): void {
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

  #replaceAudience({ count, members }: RoomSnapshot['audience']): void {
    this.count = count;
    this.#present.clear();
    for (const { userId, fence } of members) {
      this.#present.add(userId);
      this.#fences.set(userId, fence);
    }
  }
}

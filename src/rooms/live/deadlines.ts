// What falls due in a room by itself, and how it is carried out: graces, requests, invitations, emptiness (PRES-2, ROOM-7).
// Must not know when anybody looks (sweeper).
import { nextDeadline } from '../../domain/room.ts';
import type { OwnCommand } from '../../domain/stage-command.ts';
import type { UserId } from '../../protocol/ids.ts';
import type { RoomStore, StoredRoom } from '../../store/room-store.ts';
import type { Outcome } from '../contract/outcome.ts';
import { EmptyTimer } from './empty-timer.ts';

interface DeadlinesDeps {
  readonly store: Pick<RoomStore, 'now'>;
  readonly current: () => StoredRoom;
  readonly executeOwn: (command: OwnCommand) => Promise<Outcome>;
  /** Reads the number of members anew. */
  readonly recount: () => Promise<void>;
}

export class Deadlines {
  readonly #deps: DeadlinesDeps;
  #vacancy = new EmptyTimer();

  constructor(deps: DeadlinesDeps) {
    this.#deps = deps;
  }

  /** The number of members has been heard of. */
  onCount(count: number): void {
    this.#vacancy.onCount(count, this.#deps.store.now());
  }

  /** The room goes on under a new epoch: who is in it is only about to be counted, and nobody may close it meanwhile. */
  resetForNewEpoch(): void {
    this.#vacancy = new EmptyTimer();
  }

  /** When something is due next, in store time; null: nothing is. */
  get deadline(): number | null {
    const { state } = this.#deps.current();
    if (state.closed) return null;
    const deadlines = [nextDeadline(state), this.#vacancy.deadline(state.settings.emptyMs)];
    const due = deadlines.filter((deadline) => deadline !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Carries out what is due; false when it could not be, or not all of it. Never rejects. */
  async sweep(): Promise<boolean> {
    const { executeOwn } = this.#deps;
    await this.#expireIfEmpty();
    const outcome = await executeOwn({ name: 'room:sweep', payload: {} });
    if (outcome.ok) return true;
    // Who came back just when his grace ended is still marked away: his return is said before the next sweep.
    for (const [userId, fence] of outcome.overtakenBy ?? []) {
      if (fence === null) continue;
      await executeOwn({ name: 'member:return', payload: { userId: userId as UserId, fence } });
    }
    return false;
  }

  /** The store refuses when somebody came in unheard; then he is counted now. */
  async #expireIfEmpty(): Promise<void> {
    const { store, current, executeOwn, recount } = this.#deps;
    const deadline = this.#vacancy.deadline(current().state.settings.emptyMs);
    if (deadline === null || deadline > store.now()) return;
    const outcome = await executeOwn({ name: 'room:expire', payload: {} });
    if (!outcome.ok) await recount().catch(() => undefined);
  }
}

// Everything that falls due in a room by itself: graces, requests, invitations, emptiness (PRES-2, ROOM-7).
import { nextDeadline } from '../../domain/room.ts';
import type { OwnCommand } from '../../domain/stage-command.ts';
import type { UserId } from '../../protocol/ids.ts';
import type { RoomStore } from '../../store/room-store.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { RoomCopy } from '../turns/room-replica.ts';
import { EmptyTimer } from './empty-timer.ts';

interface DeadlinesDeps {
  readonly store: Pick<RoomStore, 'now'>;
  readonly copy: RoomCopy;
  readonly room: {
    executeOwn(command: OwnCommand): Promise<Outcome>;
    /** Reads the number of members. */
    readonly audience: { recount(): Promise<void> };
  };
}

export class Deadlines {
  readonly #deps: DeadlinesDeps;
  #emptyTimer = new EmptyTimer();

  constructor(deps: DeadlinesDeps) {
    this.#deps = deps;
  }

  onCount(count: number): void {
    this.#emptyTimer.onCount(count, this.#deps.store.now());
  }

  /** Under a new epoch the members are only about to be counted: the room must not be closed as empty meanwhile. */
  resetForNewEpoch(): void {
    this.#emptyTimer = new EmptyTimer();
  }

  /** The next moment at which something is due, in store time; null: nothing is. */
  get deadline(): number | null {
    const { state } = this.#deps.copy.current;
    if (state.closed) return null;
    const deadlines = [nextDeadline(state), this.#emptyTimer.deadline(state.settings.emptyMs)];
    const due = deadlines.filter((deadline) => deadline !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Carries out what is due. False: not all of it could be done. Never rejects. */
  async sweep(): Promise<boolean> {
    const { room } = this.#deps;
    await this.#expireIfEmpty();
    const outcome = await room.executeOwn({ name: 'room:sweep', payload: {} });
    if (outcome.ok) return true;
    // Members who came back just when their grace ended are still marked away: commit their return before the next
    // sweep.
    for (const [userId, fence] of outcome.overtakenBy ?? []) {
      if (fence === null) continue;
      await room.executeOwn({ name: 'member:return', payload: { userId: userId as UserId, fence } });
    }
    return false;
  }

  /** The store refuses if a member came in unseen; then the members are counted again. */
  async #expireIfEmpty(): Promise<void> {
    const { store, copy, room } = this.#deps;
    const deadline = this.#emptyTimer.deadline(copy.current.state.settings.emptyMs);
    if (deadline === null || deadline > store.now()) return;
    const outcome = await room.executeOwn({ name: 'room:expire', payload: {} });
    if (!outcome.ok) await room.audience.recount().catch(() => undefined);
  }
}

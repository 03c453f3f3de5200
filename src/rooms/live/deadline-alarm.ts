// Wakes a room when something in it is due, while this node serves it.
import type { CancelTimer, Clock } from '../../ops/clock.ts';
import type { RoomStore } from '../../store/room-store.ts';
import type { Deadlines } from './deadlines.ts';

/** The store's clock judges deadlines; a little later it is certain to be past them, too. */
const MARGIN_MS = 25;
/** The time until a sweep is tried again that could not take place. */
const RETRY_MS = 1_000;

interface DeadlineAlarmDeps {
  readonly clock: Clock;
  readonly store: Pick<RoomStore, 'now'>;
  readonly deadlines: Pick<Deadlines, 'deadline' | 'sweep'>;
}

/** One alarm per room and node. Several nodes may ring; the second finds nothing to do. */
export class DeadlineAlarm {
  readonly #deps: DeadlineAlarmDeps;
  #alarm: { readonly deadline: number; readonly cancel: CancelTimer } | null = null;

  constructor(deps: DeadlineAlarmDeps) {
    this.#deps = deps;
  }

  /** Sets the alarm again; to be called after every change of the room. */
  schedule(): void {
    const { deadline } = this.#deps.deadlines;
    if (deadline === (this.#alarm?.deadline ?? null)) return;
    this.stop();
    if (deadline !== null) this.#set(deadline, deadline - this.#deps.store.now() + MARGIN_MS);
  }

  stop(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
  }

  #set(deadline: number, delayMs: number): void {
    const cancel = this.#deps.clock.after(delayMs, () => void this.#ring(deadline, cancel));
    this.#alarm = { deadline, cancel };
  }

  async #ring(deadline: number, cancel: CancelTimer): Promise<void> {
    const { deadlines } = this.#deps;
    const isDone = await deadlines.sweep();
    if (this.#alarm?.cancel !== cancel) return;
    this.#alarm = null;
    // If not all was done, come back rather than wait for the next change.
    if (!isDone || deadlines.deadline === deadline) this.#set(deadline, RETRY_MS);
    else this.schedule();
  }
}

// Sees to it that what is due in a room happens on time, while this node holds it. Must not know what falls due.
import type { CancelTimer, Clock } from '../../ops/clock.ts';

/** Deadlines are judged by the store's clock; a little later is certain to be past them there, too. */
const MARGIN_MS = 25;
/** How soon a sweep is tried again that could not take place. */
const RETRY_MS = 1_000;

interface DeadlineAlarmDeps {
  readonly clock: Clock;
  /** Store time, Unix milliseconds. */
  readonly storeNow: () => number;
  /** When the room next needs a sweep, in store time; null: not at all. */
  readonly nextDeadline: () => number | null;
  /** Sweeps; true when it took place. Never rejects. */
  readonly sweep: () => Promise<boolean>;
}

/** One alarm per room and node. Several nodes may ring; whoever comes second finds nothing to do. */
export class DeadlineAlarm {
  readonly #deps: DeadlineAlarmDeps;
  #alarm: { readonly deadline: number; readonly cancel: CancelTimer } | null = null;

  constructor(deps: DeadlineAlarmDeps) {
    this.#deps = deps;
  }

  /** Sets the alarm anew; to be called after every change of the room. */
  schedule(): void {
    const deadline = this.#deps.nextDeadline();
    if (deadline === (this.#alarm?.deadline ?? null)) return;
    this.stop();
    if (deadline !== null) this.#ring(deadline, deadline - this.#deps.storeNow() + MARGIN_MS);
  }

  stop(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
  }

  #ring(deadline: number, delayMs: number): void {
    const cancel = this.#deps.clock.after(delayMs, () => void this.#answer(deadline, cancel));
    this.#alarm = { deadline, cancel };
  }

  async #answer(deadline: number, cancel: CancelTimer): Promise<void> {
    const isDone = await this.#deps.sweep();
    if (this.#alarm?.cancel !== cancel) return;
    this.#alarm = null;
    // Not done, or not all of it: come back rather than wait for the next change.
    if (!isDone || this.#deps.nextDeadline() === deadline) this.#ring(deadline, RETRY_MS);
    else this.schedule();
  }
}

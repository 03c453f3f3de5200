// Waiting and repeating by the node's clock: a pause, a timer that can be set again, a task that comes back.
import type { CancelTimer, Clock } from './clock.ts';

/** Resolves after `delayMs`. Nothing can cancel it. */
export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => void clock.after(delayMs, resolve));

/** Resolves in a later turn of the event loop, as soon as possible. */
export const nextTurn = (clock: Clock): Promise<void> => new Promise((resolve) => clock.soon(resolve));

/** Calls `task` every `intervalMs`, for the first time after one interval. It does not wait for the task. */
export function every(clock: Clock, intervalMs: number, task: () => void): CancelTimer {
  let cancel: CancelTimer = () => undefined;
  const next = () => {
    cancel = clock.after(intervalMs, () => {
      next();
      task();
    });
  };
  next();
  return () => cancel();
}

/**
 * Runs `task` after `firstDelayMs`, and again as many milliseconds after its end as it resolves to. Runs never overlap.
 * The task must not reject. A cancelled run in flight ends, and nothing follows.
 */
export function repeat(clock: Clock, firstDelayMs: number, task: () => Promise<number>): CancelTimer {
  let cancel: CancelTimer = () => undefined;
  let isCancelled = false;
  const schedule = (delayMs: number) => {
    if (isCancelled) return;
    cancel = clock.after(delayMs, () => void task().then(schedule));
  };
  schedule(firstDelayMs);
  return () => {
    isCancelled = true;
    cancel();
  };
}

/** One timer: what is set replaces what was set before. */
export class Timer {
  readonly #clock: Clock;
  #cancel: CancelTimer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a task waits. */
  get isSet(): boolean {
    return this.#cancel !== null;
  }

  /** Runs `task` after `delayMs`, in place of the task that waits. */
  set(delayMs: number, task: () => void): void {
    this.cancel();
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#cancel = null;
      task();
    });
  }

  /** The same, unless a task waits already. */
  setOnce(delayMs: number, task: () => void): void {
    if (!this.isSet) this.set(delayMs, task);
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

// Timers on the node's clock: a pause, a repeated task, a timer that can be set again.
import type { CancelTimer, Clock } from './clock.ts';

/** Resolves after `delayMs`; it cannot be cancelled. */
export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => void clock.after(delayMs, resolve));

/** Resolves in a later turn of the event loop, as soon as possible. */
export const nextTurn = (clock: Clock): Promise<void> => new Promise((resolve) => clock.soon(resolve));

/** Calls `task` every `intervalMs`, first after one interval, until cancelled. It does not wait for the task. */
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
 * Runs `task` after `firstDelayMs`, and again and again until cancelled. The task resolves to the delay before its next
 * run, in milliseconds; it must not reject. Runs never overlap. A run in flight when cancelled ends, and is the last.
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

/** One timer for one task at a time. */
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

  /** Runs `task` after `delayMs`; it replaces a task that waits. */
  set(delayMs: number, task: () => void): void {
    this.cancel();
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#cancel = null;
      task();
    });
  }

  /** The same, but a task that waits already stays. */
  setOnce(delayMs: number, task: () => void): void {
    if (!this.isSet) this.set(delayMs, task);
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

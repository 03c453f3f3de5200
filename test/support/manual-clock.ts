// A clock that stands still until the test moves it; timers fire in order of their times. Contract: ops/clock.
import type { CancelTimer, Clock } from '../../src/ops/clock.ts';

export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ readonly at: number; readonly task: () => void }>();

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): CancelTimer {
    const timer = { at: this.#now + Math.max(0, delayMs), task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** As with the real clock: this does not depend on time. */
  soon(task: () => void): void {
    setImmediate(task);
  }

  /** Time passes while the process stands still: no timer fires. */
  jump(byMs: number): void {
    this.#now += byMs;
  }

  /** Moves time forward and fires each timer at its own time; lets promises run between timers. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.task();
      await runMicrotasks();
    }
    this.#now = end;
    await runMicrotasks();
  }
}

/** Lets all code run that waits only for promises, not for time or I/O. */
export const runMicrotasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

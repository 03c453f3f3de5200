// Time: the only file that reads the machine's clocks and sets timers. Must not know what is timed.

export type CancelTimer = () => void;

export interface Clock {
  /** Unix milliseconds of this machine; never used to judge rooms (the store's clock does that). */
  now(): number;
  /** Milliseconds since some fixed moment; never jumps. */
  monotonic(): number;
  /** Runs `task` once, `delayMs` from now; delays beyond 2^31−1 ms are cut to it, as timers cannot be longer. */
  after(delayMs: number, task: () => void): CancelTimer;
  /** Runs `task` once, as soon as whatever else is ready to run has had its turn. */
  soon(task: () => void): void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    // A timer alone is no reason for the process to stay.
    timer.unref();
    return () => clearTimeout(timer);
  },
  soon(task) {
    setImmediate(task);
  },
};

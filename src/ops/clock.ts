// Time: the only file that reads the machine's clocks and sets timers.

export type CancelTimer = () => void;

export interface Clock {
  /** Unix milliseconds of this machine. Rooms are never judged by it, but by the store's clock. */
  now(): number;
  /** Milliseconds since a fixed moment; never jumps. */
  monotonic(): number;
  /** Runs `task` once, `delayMs` from now. A timer cannot be longer than 2^31−1 ms; longer delays are cut to that. */
  after(delayMs: number, task: () => void): CancelTimer;
  /** Runs `task` once, in the next turn of the event loop. */
  soon(task: () => void): void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    // A timer alone does not keep the process running.
    timer.unref();
    return () => clearTimeout(timer);
  },
  soon(task) {
    setImmediate(task);
  },
};

// The process that a node runs in: it can be paused, and die, and has clocks of its own. Must not know what runs in it.
import type { CancelTimer, Clock } from '../../src/ops/clock.ts';
import type { Schedule } from './schedule.ts';

/** How wrong a machine's clocks are. */
export interface Drift {
  /** The wall clock is ahead by so much, milliseconds. */
  skewMs: number;
  /** How much of its own time passes in a millisecond; quartz is some 1e-4 off. */
  readonly rate: number;
}

export class Host {
  readonly clock: Clock;
  readonly #schedule: Schedule;
  #state: 'running' | 'paused' | 'dead' = 'running';
  /** What came to it while it stood still. */
  #kept: (() => void)[] = [];

  constructor(schedule: Schedule, drift: Drift) {
    this.#schedule = schedule;
    this.clock = {
      now: () => schedule.now + drift.skewMs,
      monotonic: () => schedule.elapsed * drift.rate,
      after: (delayMs, task) => this.#after(delayMs / drift.rate, task),
      soon: (task) => void schedule.in(0, () => this.do(task)),
    };
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  /** Everything that code in the process does begins here; a paused process does it later, a dead one never. */
  do(task: () => void): void {
    if (this.#state === 'running') task();
    else if (this.#state === 'paused') this.#kept.push(task);
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Goes on with all that has come meanwhile, timers that rang late among it. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const kept = this.#kept;
    this.#kept = [];
    for (const task of kept) this.#schedule.in(0, () => this.do(task));
  }

  /** Without a word. */
  kill(): void {
    this.#state = 'dead';
    this.#kept = [];
  }

  #after(delayMs: number, task: () => void): CancelTimer {
    let isCancelled = false;
    // A timer that is due while the process stands still may yet be cancelled by what is done before it.
    const ring = () => {
      if (!isCancelled) task();
    };
    const cancel = this.#schedule.in(delayMs, () => this.do(ring));
    return () => {
      isCancelled = true;
      cancel();
    };
  }
}

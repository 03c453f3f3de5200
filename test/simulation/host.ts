// The process that a node runs in. It can be paused and killed, and has clocks of its own.
import type { CancelTimer, Clock } from '../../src/ops/clock.ts';
import type { Schedule } from './schedule.ts';

/** How wrong a machine's clocks are. */
export interface Drift {
  /** How far the wall clock is ahead, milliseconds. */
  skewMs: number;
  /** How much of its own time passes in a millisecond; quartz is some 1e-4 off. */
  readonly rate: number;
}

export class Host {
  readonly clock: Clock;
  readonly #schedule: Schedule;
  #state: 'running' | 'paused' | 'dead' = 'running';
  /** Tasks that arrived while the process stood still. */
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

  /** All code of the process starts here. A paused process runs it later, a dead one never. */
  do(task: () => void): void {
    if (this.#state === 'running') task();
    else if (this.#state === 'paused') this.#kept.push(task);
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Continues with everything that arrived meanwhile, late timers included. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const kept = this.#kept;
    this.#kept = [];
    for (const task of kept) this.#schedule.in(0, () => this.do(task));
  }

  /** Dies silently. */
  kill(): void {
    this.#state = 'dead';
    this.#kept = [];
  }

  #after(delayMs: number, task: () => void): CancelTimer {
    let isCancelled = false;
    // A timer that is due while the process stands still may be cancelled by an earlier task.
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

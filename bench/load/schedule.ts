// An open-loop sender: events leave when they are due, even if earlier ones have not arrived. So a slow server shows as
// slow instead of getting fewer requests.
import { monotonicMs } from '../monotonic.ts';

export interface Schedule {
  readonly count: number;
  /** When event number `index` is due, in milliseconds after the start. */
  readonly dueMs: (index: number) => number;
}

/** `rate` events a second, evenly. */
export const steady = (rate: number, seconds: number): Schedule => ({
  count: Math.max(1, Math.round(rate * seconds)),
  dueMs: (index) => (index * 1_000) / rate,
});

/** `size` at once, then a pause. */
export const bursts = (
  size: number,
  { everyMs, seconds }: { readonly everyMs: number; readonly seconds: number },
): Schedule => ({
  count: Math.max(1, Math.round((seconds * 1_000) / everyMs)) * size,
  dueMs: (index) => Math.floor(index / size) * everyMs,
});

/** The usual lateness of timers. */
const TIMER_SLACK_MS = 2;

/**
 * Calls `send` for each event with the time from which its latency counts. That is the time of sending, or the due time
 * when this process was late by more than a timer's slack.
 */
export function play({ count, dueMs }: Schedule, send: (index: number, sentAtMs: number) => void): Promise<void> {
  const begun = monotonicMs();
  let index = 0;
  return new Promise((resolve) => {
    const step = () => {
      let nowMs = monotonicMs();
      while (index < count && begun + dueMs(index) <= nowMs) {
        const due = begun + dueMs(index);
        send(index++, nowMs - due > TIMER_SLACK_MS ? due : nowMs);
        nowMs = monotonicMs();
      }
      if (index === count) return resolve();
      setTimeout(step, Math.max(0, begun + dueMs(index) - nowMs));
    };
    step();
  });
}

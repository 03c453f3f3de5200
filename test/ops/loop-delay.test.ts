// When the event loop counts as late, and when no longer: stalls, an unfinished turn, one long pause, a storm.
import { expect, test } from 'vitest';
import { LATE_MS, LoopGauge, RECOVERY_MS } from '../../src/ops/loop-delay.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A clock on which time can pass without a timer: the loop is busy. */
class StallingClock extends ManualClock {
  #stalledMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stalledMs;
  }

  stall(forMs: number): void {
    this.#stalledMs += forMs;
  }
}

function start() {
  const clock = new StallingClock();
  return { clock, gauge: new LoopGauge(clock) };
}

test('[CONN-3] a loop without stalls is never late', async () => {
  const { clock, gauge } = start();
  for (let second = 0; second < 60; second++) {
    await clock.advance(1_000);
    expect(gauge.isLate).toBe(false);
  }
});

test('[CONN-3] a turn that takes too long is noticed while it lasts, before any timer runs', async () => {
  const { clock, gauge } = start();
  await clock.advance(100);
  clock.stall(LATE_MS);
  expect(gauge.isLate).toBe(false);
  clock.stall(LATE_MS);
  expect(gauge.isLate).toBe(true);
});

test('[CONN-3] after one long pause the loop is in time again as soon as it was so for RECOVERY_MS', async () => {
  const { clock, gauge } = start();
  clock.stall(3_000);
  await clock.advance(100);
  expect(gauge.isLate).toBe(true);
  await clock.advance(RECOVERY_MS);
  expect(gauge.isLate).toBe(false);
});

test('[CONN-3] between two stalls of a storm the loop still counts as late', async () => {
  const { clock, gauge } = start();
  for (let stall = 0; stall < 10; stall++) {
    clock.stall(2 * LATE_MS);
    for (let passed = 0; passed < RECOVERY_MS; passed += 50) {
      await clock.advance(50);
      expect(gauge.isLate).toBe(true);
    }
  }
  await clock.advance(RECOVERY_MS);
  expect(gauge.isLate).toBe(false);
});

test('a stopped gauge sets no more timers', async () => {
  const { clock, gauge } = start();
  gauge.stop();
  clock.stall(10_000);
  await clock.advance(60_000);
  expect(gauge.isLate).toBe(true);
});

// Timers on the node's clock: pauses, repeated tasks, and one timer that can be set again.
import { beforeEach, describe, expect, test } from 'vitest';
import { every, nextTurn, pause, repeat, Timer } from '../../src/ops/repeat.ts';
import { aGate } from '../support/gate.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock: ManualClock;
let start: number;
let runs: number[];
const run = () => void runs.push(clock.monotonic() - start);

beforeEach(() => {
  clock = new ManualClock();
  start = clock.monotonic();
  runs = [];
});

describe('waiting', () => {
  test('[D7] a pause ends after its time, not before', async () => {
    void pause(clock, 100).then(run);
    await clock.advance(99);
    expect(runs).toEqual([]);
    await clock.advance(1);
    expect(runs).toEqual([100]);
  });

  test('[D7] the next turn comes without the clock moving, and after the promises of this one', async () => {
    const order: string[] = [];
    const turn = nextTurn(clock).then(() => order.push('turn'));
    await Promise.resolve().then(() => order.push('promise'));
    await turn;
    expect(order).toEqual(['promise', 'turn']);
    expect(clock.monotonic()).toBe(start);
  });
});

describe('every', () => {
  test('[D7] calls the task after each interval until it is cancelled', async () => {
    const cancel = every(clock, 100, run);
    await clock.advance(350);
    cancel();
    await clock.advance(1_000);
    expect(runs).toEqual([100, 200, 300]);
  });

  test('[D7] does not wait for the task, and survives one that throws', async () => {
    every(clock, 100, () => {
      run();
      if (runs.length === 1) throw new Error('the first call fails');
    });
    await expect(clock.advance(100)).rejects.toThrow('the first call fails');
    await clock.advance(200);
    expect(runs).toEqual([100, 200, 300]);
  });

  test('[D7] may be cancelled by its own task', async () => {
    const cancel = every(clock, 100, () => {
      run();
      cancel();
    });
    await clock.advance(1_000);
    expect(runs).toEqual([100]);
  });
});

describe('repeat', () => {
  test('[D7] runs after the first delay, and then after the delay that each run asks for', async () => {
    const delays = [50, 200, 10];
    const cancel = repeat(clock, 0, async () => {
      run();
      return delays.shift() ?? 1_000;
    });
    await clock.advance(500);
    expect(runs).toEqual([0, 50, 250, 260]);
    cancel();
    await clock.advance(5_000);
    expect(runs).toHaveLength(4);
  });

  test('[D7] runs never overlap: the delay begins when a run has ended', async () => {
    const gate = aGate();
    repeat(clock, 100, async () => {
      run();
      if (runs.length === 1) await gate.opened;
      return 100;
    });
    await clock.advance(1_000);
    expect(runs).toEqual([100]);
    gate.open();
    await clock.advance(0);
    await clock.advance(100);
    expect(runs).toEqual([100, 1_100]);
  });

  test('[D7] a run in flight when it is cancelled is the last one', async () => {
    const gate = aGate();
    const cancel = repeat(clock, 0, async () => {
      run();
      await gate.opened;
      return 0;
    });
    await clock.advance(0);
    cancel();
    gate.open();
    await clock.advance(1_000);
    expect(runs).toEqual([0]);
  });
});

describe('a timer', () => {
  test('[D7] set() replaces the task that waits', async () => {
    const timer = new Timer(clock);
    timer.set(100, () => runs.push(-1));
    await clock.advance(50);
    timer.set(100, run);
    await clock.advance(1_000);
    expect(runs).toEqual([150]);
  });

  test('[D7] setOnce() keeps the task that waits, and sets one when none does', async () => {
    const timer = new Timer(clock);
    timer.setOnce(100, run);
    timer.setOnce(10, () => runs.push(-1));
    await clock.advance(100);
    timer.setOnce(10, run);
    await clock.advance(10);
    expect(runs).toEqual([100, 110]);
  });

  test('[D7] is set until its task runs or is cancelled; the task itself may set it again', async () => {
    const timer = new Timer(clock);
    expect(timer.isSet).toBe(false);
    timer.set(100, () => {
      expect(timer.isSet).toBe(false);
      timer.set(100, run);
    });
    expect(timer.isSet).toBe(true);
    await clock.advance(100);
    expect(timer.isSet).toBe(true);
    timer.cancel();
    expect(timer.isSet).toBe(false);
    await clock.advance(1_000);
    expect(runs).toEqual([]);
  });
});

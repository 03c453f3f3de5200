// The alarm of a room's deadlines: it sweeps just after a deadline, and tries again when a sweep fails.
import { beforeEach, expect, test } from 'vitest';
import { DeadlineAlarm } from '../../../src/rooms/live/deadline-alarm.ts';
import { aGate } from '../../support/gate.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';

/** The alarm rings this long after the deadline. */
const MARGIN_MS = 25;
const RETRY_MS = 1_000;

let clock: ManualClock;
let start: number;
/** The times of the sweeps so far, in ms since the start. */
let sweeps: number[];
let deadlines: { deadline: number | null; sweep(): Promise<boolean> };
let alarm: DeadlineAlarm;

/** Sets the deadline, in ms from the start, and schedules the alarm as after a change of the room. */
function change(deadlineMs: number | null): void {
  deadlines.deadline = deadlineMs === null ? null : start + deadlineMs;
  alarm.schedule();
}

beforeEach(() => {
  clock = new ManualClock();
  start = clock.now();
  sweeps = [];
  deadlines = {
    deadline: null,
    sweep: async () => {
      sweeps.push(clock.now() - start);
      deadlines.deadline = null;
      return true;
    },
  };
  alarm = new DeadlineAlarm({ clock, store: { now: () => clock.now() }, deadlines });
});

test('[PRES-1] it sweeps once, a little after the deadline', async () => {
  change(500);
  change(500);
  await clock.advance(500 + MARGIN_MS - 1);
  expect(sweeps).toEqual([]);
  await clock.advance(10_000);
  expect(sweeps).toEqual([500 + MARGIN_MS]);
});

test('[PRES-1] a new deadline replaces the old one, and without a deadline nothing rings', async () => {
  change(500);
  change(2_000);
  await clock.advance(1_000);
  change(null);
  await clock.advance(10_000);
  expect(sweeps).toEqual([]);
  change(12_000);
  alarm.stop();
  await clock.advance(10_000);
  expect(sweeps).toEqual([]);
});

test('[ROOM-7] after a sweep it waits for the next deadline', async () => {
  deadlines.sweep = async () => {
    sweeps.push(clock.now() - start);
    deadlines.deadline = sweeps.length === 1 ? start + 3_000 : null;
    return true;
  };
  change(500);
  await clock.advance(10_000);
  expect(sweeps).toEqual([500 + MARGIN_MS, 3_000 + MARGIN_MS]);
});

test.each([
  ['fails', false],
  ['leaves its deadline as it was', true],
] as const)('[PRES-1] a sweep that %s is tried again a second later', async (_what, isDone) => {
  deadlines.sweep = async () => {
    sweeps.push(clock.now() - start);
    if (sweeps.length < 3) return isDone;
    deadlines.deadline = null;
    return true;
  };
  change(500);
  await clock.advance(10_000);
  const first = 500 + MARGIN_MS;
  expect(sweeps).toEqual([first, first + RETRY_MS, first + 2 * RETRY_MS]);
});

test('[PRES-1] an alarm that is stopped during a sweep does not ring again after it', async () => {
  const gate = aGate();
  deadlines.sweep = async () => {
    sweeps.push(clock.now() - start);
    await gate.opened;
    return false;
  };
  change(500);
  await clock.advance(1_000);
  alarm.stop();
  gate.open();
  await runMicrotasks();
  await clock.advance(10_000);
  expect(sweeps).toEqual([500 + MARGIN_MS]);
});

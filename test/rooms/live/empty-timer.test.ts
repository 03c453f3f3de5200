// The time for which a room has been empty (ROOM-7).
import { expect, test } from 'vitest';
import { EmptyTimer } from '../../../src/rooms/live/empty-timer.ts';

const EMPTY_MS = 10_000;

test('[ROOM-7] there is no deadline before the first count, nor while the room has members', () => {
  const timer = new EmptyTimer();
  expect(timer.deadline(EMPTY_MS)).toBeNull();
  timer.onCount(2, 1_000);
  expect(timer.deadline(EMPTY_MS)).toBeNull();
});

test('[ROOM-7] the deadline counts from the first empty count, and a member ends it', () => {
  const timer = new EmptyTimer();
  timer.onCount(1, 1_000);
  timer.onCount(0, 5_000);
  timer.onCount(0, 8_000);
  expect(timer.deadline(EMPTY_MS)).toBe(15_000);
  timer.onCount(1, 9_000);
  expect(timer.deadline(EMPTY_MS)).toBeNull();
  timer.onCount(0, 20_000);
  expect(timer.deadline(EMPTY_MS)).toBe(30_000);
});

test('[ROOM-7] a room without a first member waits for a minute at least, or for a longer emptyMs', () => {
  const timer = new EmptyTimer();
  timer.onCount(0, 5_000);
  expect([timer.deadline(0), timer.deadline(EMPTY_MS), timer.deadline(90_000)]).toEqual([65_000, 65_000, 95_000]);
  timer.onCount(1, 6_000);
  timer.onCount(0, 7_000);
  expect(timer.deadline(0)).toBe(7_000);
});

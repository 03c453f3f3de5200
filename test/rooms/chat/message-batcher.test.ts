// The queue of messages: sent at once in a quiet room, in batches in a busy room, and never stuck.
import { beforeEach, describe, expect, test } from 'vitest';
import { MessageBatcher, SOON_MS } from '../../../src/rooms/chat/message-batcher.ts';
import { aGate } from '../../support/gate.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';

let clock: ManualClock;
let batches: number[][];
let queue: MessageBatcher<number>;
beforeEach(() => {
  clock = new ManualClock();
  batches = [];
  queue = new MessageBatcher(clock, async (jobs) => {
    batches.push([...jobs]);
  });
});
/** Adds one job every `everyMs`. */
async function addJobs(count: number, everyMs: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    expect(queue.add(index, 'now')).toBe(true);
    await clock.advance(everyMs);
  }
}
const batchesOfSeveral = () => batches.filter((batch) => batch.length > 1).length;

describe('batching', () => {
  test('[MSG-1] a rare message goes at once', async () => {
    await addJobs(20, 100);
    expect(batches).toEqual(Array.from({ length: 20 }, (_, index) => [index]));
  });

  test('[MSG-1] 100 messages a second go in batches, in order, and none waits for more than 25 ms', async () => {
    for (let index = 0; index < 300; index++) {
      queue.add(index, 'now');
      await clock.advance(10);
      expect(batches.flat().length).toBeGreaterThanOrEqual(index - 2);
    }
    await clock.advance(25);
    expect(batches.flat()).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(batchesOfSeveral()).toBeGreaterThan(80);
    expect(batches.length).toBeLessThan(160);
  });

  test('[MSG-2] a job that can wait goes along with one that cannot, or alone after 100 ms', async () => {
    queue.add(1, 'soon');
    await clock.advance(SOON_MS - 1);
    expect(batches).toEqual([]);
    await clock.advance(1);
    expect(batches).toEqual([[1]]);
    queue.add(2, 'soon');
    queue.add(3, 'now');
    await runMicrotasks();
    expect(batches).toEqual([[1], [2, 3]]);
  });

  test('[MSG-1] a timer that finds an empty queue stops nothing', async () => {
    queue.add(1, 'soon');
    await queue.idle();
    await clock.advance(SOON_MS);
    queue.add(2, 'now');
    // The job runs before its timer, which then finds nothing.
    await queue.idle();
    await runMicrotasks();
    queue.add(3, 'now');
    await queue.idle();
    expect(batches).toEqual([[1], [2], [3]]);
  });
});

test('[MSG-1] jobs that come while a batch is on its way share the next one', async () => {
  const gates = [aGate(), aGate()];
  queue = new MessageBatcher(clock, (jobs) => {
    batches.push([...jobs]);
    return gates[batches.length - 1]?.opened ?? Promise.resolve();
  });
  queue.add(0, 'now');
  await runMicrotasks();
  for (const job of [1, 2, 3]) queue.add(job, 'now');
  await runMicrotasks();
  expect(batches).toEqual([[0]]);
  gates[0]?.open();
  await runMicrotasks();
  expect(batches).toEqual([[0], [1, 2, 3]]);
  gates[1]?.open();
  await queue.idle();
});

describe('bounds', () => {
  test('[MSG-1] a batch has 128 at most, the queue 1,000', async () => {
    const running: (() => void)[] = [];
    queue = new MessageBatcher(clock, (jobs) => {
      batches.push([...jobs]);
      return new Promise((resolve) => running.push(resolve));
    });
    queue.add(-1, 'now');
    await runMicrotasks();
    for (let index = 0; index < 1_000; index++) expect(queue.add(index, 'now')).toBe(true);
    expect(queue.add(1_000, 'now')).toBe(false);
    const release = setInterval(() => running.shift()?.());
    await queue.idle();
    clearInterval(release);
    expect(batches.slice(1).map((batch) => batch.length)).toEqual([...Array(7).fill(128), 1_000 - 7 * 128]);
    expect(batches.slice(1).flat()).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });
});

// A batcher: one run at a time, in order, bounded for ordinary items, and never closed to items that must not be lost.
import { beforeEach, describe, expect, test } from 'vitest';
import { Batcher } from '../../src/ops/batcher.ts';
import { turnLimits } from '../../src/rooms/turns/turn.ts';
import { aGate, type Gate } from '../support/gate.ts';
import { runMicrotasks } from '../support/manual-clock.ts';

let batches: (readonly number[])[];
let gates: Gate[];
/** A run that ends when its gate is opened. */
const run = (items: readonly number[]) => {
  const gate = aGate();
  batches.push(items);
  gates.push(gate);
  return gate.opened;
};
const endRun = async (index: number) => {
  gates[index]?.open();
  await runMicrotasks();
};

beforeEach(() => {
  batches = [];
  gates = [];
});

describe('[D2] a batcher', () => {
  test('when full refuses ordinary items, and still takes those that must not be lost', async () => {
    const gate = aGate();
    const ran: string[] = [];
    const queue = new Batcher<string>(async (jobs) => {
      await gate.opened;
      ran.push(...jobs);
    }, turnLimits);
    const taken = Array.from({ length: 1_200 }, (_, index) => queue.add(`job ${index}`)).filter(Boolean).length;
    expect(taken).toBeGreaterThanOrEqual(1_000);
    expect(taken).toBeLessThan(1_200);
    expect(queue.add('one more')).toBe(false);
    queue.addAlways('a drop');
    gate.open();
    await queue.idle();
    expect(ran).toHaveLength(taken + 1);
    expect(ran.at(-1)).toBe('a drop');
  });

  test('runs the first item at once; items that arrive meanwhile share the next run, in order', async () => {
    const batcher = new Batcher<number>(run, { batchMax: 10 });
    for (const item of [1, 2, 3, 4]) batcher.add(item);
    expect(batches).toEqual([[1]]);
    expect(batcher.waiting).toBe(3);
    await endRun(0);
    expect(batches).toEqual([[1], [2, 3, 4]]);
    expect(batcher.waiting).toBe(0);
  });

  test('gives one run at most batchMax items, and the rest the next', async () => {
    const batcher = new Batcher<number>(run, { batchMax: 2 });
    for (const item of [1, 2, 3, 4, 5, 6]) batcher.add(item);
    for (let index = 0; index < 4; index++) await endRun(index);
    expect(batches).toEqual([[1], [2, 3], [4, 5], [6]]);
  });

  test('keeps held items until they are released', async () => {
    const batcher = new Batcher<number>(run, { batchMax: 10 });
    batcher.hold(1);
    batcher.hold(2);
    await runMicrotasks();
    expect(batches).toEqual([]);
    batcher.release();
    expect(batches).toEqual([[1, 2]]);
  });

  test('runs held items together with an item that does not wait', async () => {
    const batcher = new Batcher<number>(run, { batchMax: 10 });
    batcher.hold(1);
    batcher.add(2);
    expect(batches).toEqual([[1, 2]]);
    batcher.hold(3);
    await endRun(0);
    expect(batches).toEqual([[1, 2]]);
    expect(batcher.waiting).toBe(1);
  });

  test('runs held items that did not fit into a full batch', async () => {
    const batcher = new Batcher<number>(run, { batchMax: 2 });
    for (const item of [1, 2, 3]) batcher.hold(item);
    batcher.release();
    await endRun(0);
    expect(batches).toEqual([[1, 2], [3]]);
  });

  test('counts held items against its bound', () => {
    const batcher = new Batcher<number>(run, { batchMax: 10, waitingMax: 2 });
    expect([batcher.hold(1), batcher.hold(2), batcher.hold(3), batcher.add(4)]).toEqual([true, true, false, false]);
    expect(batcher.waiting).toBe(2);
  });

  test('hands all waiting items to a caller, in batches, and goes on working', async () => {
    const batcher = new Batcher<number>(run, { batchMax: 2 });
    for (const item of [1, 2, 3, 4]) batcher.add(item);
    expect(batcher.takeAll()).toEqual([[2, 3], [4]]);
    expect(batcher.takeAll()).toEqual([]);
    await endRun(0);
    expect(batches).toEqual([[1]]);
    batcher.add(5);
    expect(batches).toEqual([[1], [5]]);
  });

  test('is idle when nothing runs or waits: idle() releases what is held', async () => {
    const batcher = new Batcher<number>(run, { batchMax: 1 });
    await batcher.idle();
    batcher.hold(1);
    batcher.hold(2);
    let isIdle = false;
    const idle = batcher.idle().then(() => {
      isIdle = true;
    });
    await endRun(0);
    expect(isIdle).toBe(false);
    await endRun(1);
    await idle;
    expect(batches).toEqual([[1], [2]]);
  });

  test('reports that it is idle once for each series of runs', async () => {
    let idles = 0;
    const batcher = new Batcher<number>(run, { batchMax: 1, onIdle: () => idles++ });
    batcher.add(1);
    batcher.add(2);
    await endRun(0);
    expect(idles).toBe(0);
    await endRun(1);
    expect(idles).toBe(1);
    batcher.add(3);
    await endRun(2);
    expect(idles).toBe(2);
  });
});

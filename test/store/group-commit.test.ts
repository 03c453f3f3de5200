// Requests to a busy store go together and in order, and none waits for two failing batches.
import { describe, expect, test } from 'vitest';
import { GroupCommit } from '../../src/store/redis/group-commit.ts';
import { aGate, type Gate } from '../support/gate.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';

/** A store that answers when told to; each item's result is its double. */
function aSlowStore() {
  const batches: { readonly items: readonly number[]; readonly gate: Gate; fails: boolean }[] = [];
  let idle = 0;
  const group = new GroupCommit(
    async (items: readonly number[]) => {
      const batch = { items, gate: aGate(), fails: false };
      batches.push(batch);
      await batch.gate.opened;
      if (batch.fails) throw new Error('no reply');
      return items.map((item) => item * 2);
    },
    new ManualClock(),
    () => idle++,
  );
  return { group, batches, idle: () => idle, sizes: () => batches.map(({ items }) => items.length) };
}
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await runMicrotasks();
};
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('[PRES-5] joins and leaves share scripts', () => {
  test('the first goes at once; the next go together and in order, 64 at a time', async () => {
    const { group, batches, sizes, idle } = aSlowStore();
    const asked = numbers(100).map((item) => group.ask(item));
    expect(sizes()).toEqual([1]);
    batches[0]?.gate.open();
    await runMicrotasks();
    expect(sizes()).toEqual([1, 64]);
    expect(idle()).toBe(0);
    batches[1]?.gate.open();
    await turns(5);
    batches[2]?.gate.open();
    expect(await Promise.all(asked)).toEqual(numbers(100).map((item) => item * 2));
    expect(batches.flatMap(({ items }) => items)).toEqual(numbers(100));
    expect(sizes()).toEqual([1, 64, 35]);
    await turns(5);
    expect(idle()).toBe(1);
  });

  test('[RTC-1] results are delivered in portions, so that their consequences do not block other tasks', async () => {
    const { group, batches } = aSlowStore();
    const answered: number[] = [];
    void group.ask(-1);
    const asked = numbers(64).map((item) => group.ask(item).then((answer) => answered.push(answer)));
    batches[0]?.gate.open();
    await runMicrotasks();
    batches[1]?.gate.open();
    const counts: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      await runMicrotasks();
      counts.push(answered.length);
    }
    const steps = counts.map((count, index) => count - (counts[index - 1] ?? 0));
    expect(Math.max(...steps)).toBe(32);
    await Promise.all(asked);
    expect(answered).toEqual(numbers(64).map((item) => item * 2));
  });

  test('[ACK-4] a batch without a reply fails its own items alone; items behind it wait for at most one more', async () => {
    const { group, batches, sizes } = aSlowStore();
    const asked = numbers(200).map((item) => group.ask(item).catch(() => 'failed'));
    await runMicrotasks();
    (batches[0] as { fails: boolean }).fails = true;
    batches[0]?.gate.open();
    await runMicrotasks();
    // All batches that waited are on their way, not one after the other.
    expect(sizes()).toEqual([1, 64, 64, 64, 7]);
    (batches[2] as { fails: boolean }).fails = true;
    for (const { gate } of batches) gate.open();
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer === 'failed')).toHaveLength(65);
    expect(answers[1]).toBe(2);
    const next = group.ask(500);
    await runMicrotasks();
    batches.at(-1)?.gate.open();
    expect(await next).toBe(1000);
  });
});

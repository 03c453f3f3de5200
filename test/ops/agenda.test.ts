// An agenda has one timer for many items. Each runs in its time and order, a cancelled one never, and none pile up.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Agenda } from '../../src/ops/agenda.ts';
import type { Clock } from '../../src/ops/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';

interface Thing {
  readonly name: number;
}

describe('[CONN-5][RTC-3] an agenda', () => {
  test('runs each item at its moment, in whatever order they were added, and cancelled ones never', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ delayMs: fc.integer({ min: -5, max: 50 }), isCancelled: fc.boolean() }), {
          maxLength: 300,
        }),
        async (items) => {
          const clock = new ManualClock();
          const begun = clock.monotonic();
          const done: { readonly name: number; readonly at: number }[] = [];
          const agenda = new Agenda<Thing>(clock, ({ name }) => done.push({ name, at: clock.monotonic() - begun }));
          const entries = items.map(({ delayMs }, name) => agenda.add({ name }, delayMs));
          items.forEach(({ isCancelled }, name) => {
            const entry = entries[name];
            if (isCancelled && entry) agenda.cancel(entry);
          });
          for (let step = 0; step <= 10; step++) await clock.advance(5);
          const expected = items.flatMap(({ delayMs, isCancelled }, name) =>
            isCancelled ? [] : [{ name, at: Math.max(0, delayMs) }],
          );
          expect(done.map(({ at }) => at)).toEqual(done.map(({ at }) => at).sort((a, b) => a - b));
          expect([...done].sort((a, b) => a.name - b.name)).toEqual(expected);
          expect(agenda.size).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('has one timer, and an item that runs may add and cancel others', async () => {
    const clock = new ManualClock();
    let timers = 0;
    const counting: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      soon: (task) => clock.soon(task),
      after(delayMs, task) {
        timers++;
        const cancel = clock.after(delayMs, () => {
          timers--;
          task();
        });
        return () => {
          timers--;
          cancel();
        };
      },
    };
    const done: number[] = [];
    const agenda = new Agenda<Thing>(counting, ({ name }) => {
      done.push(name);
      if (name < 3) agenda.add({ name: name + 1 }, 10);
      if (name === 1) agenda.cancel(doomed);
    });
    const doomed = agenda.add({ name: 100 }, 15);
    agenda.add({ name: 1 }, 10);
    for (let name = 200; name < 1_000; name++) agenda.add({ name }, 1_000);
    expect(timers).toBe(1);
    await clock.advance(100);
    expect([done, timers]).toEqual([[1, 2, 3], 1]);
    agenda.close();
    await clock.advance(10_000);
    expect([done, timers, agenda.size]).toEqual([[1, 2, 3], 0, 0]);
  });

  test('drops cancelled items long before they would be due', () => {
    const agenda = new Agenda<Thing>(new ManualClock(), () => undefined);
    agenda.add({ name: 0 }, 5);
    for (let name = 0; name < 10_000; name++) agenda.cancel(agenda.add({ name }, 3_600_000));
    expect(agenda.size).toBeLessThan(200);
  });
});

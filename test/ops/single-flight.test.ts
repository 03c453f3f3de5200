// One run at a time: callers share the run in flight.
import { expect, test } from 'vitest';
import { SingleFlight } from '../../src/ops/single-flight.ts';
import { aGate, type Gate } from '../support/gate.ts';
import { runMicrotasks } from '../support/manual-clock.ts';

/** A task whose runs end when their gate opens. */
function gatedFlight() {
  const runs: Gate[] = [];
  const flight = new SingleFlight(() => {
    const gate = aGate();
    runs.push(gate);
    return gate.opened;
  });
  return { flight, runs };
}

test('[SYNC-3] callers that come during a run share it; the next caller begins another', async () => {
  const { flight, runs } = gatedFlight();
  const shared = [flight.run(), flight.run()];
  expect(runs).toHaveLength(1);
  runs[0]?.open();
  await Promise.all(shared);
  void flight.run();
  expect(runs).toHaveLength(2);
});

test('[SYNC-3] runAgain shares a run that begins after the call, for the run in flight may have read too early', async () => {
  const { flight, runs } = gatedFlight();
  const ended: string[] = [];
  void flight.run().then(() => ended.push('first'));
  const again = [flight.runAgain(), flight.runAgain()].map((one) => one.then(() => ended.push('again')));
  await runMicrotasks();
  expect(runs).toHaveLength(1);
  runs[0]?.open();
  await runMicrotasks();
  expect([runs.length, ended]).toEqual([2, ['first']]);
  runs[1]?.open();
  await Promise.all(again);
  expect([runs.length, ended]).toEqual([2, ['first', 'again', 'again']]);
});

test('[ACK-4] a failed run rejects for all that share it, and runAgain begins another after it', async () => {
  let tries = 0;
  const flight = new SingleFlight(async () => {
    tries++;
    await runMicrotasks();
    if (tries === 1) throw new Error('away');
  });
  const outcomes = Promise.allSettled([flight.run(), flight.run(), flight.runAgain()]);
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(tries).toBe(2);
});

// Readiness by the store: strict at the start, patient with a store that was usable, quick when it is back.
import { expect, test } from 'vitest';
import { StoreWatch, UNUSABLE_MAX_MS } from '../../src/ops/store-watch.ts';
import { ManualClock } from '../support/manual-clock.ts';

async function start(isUp: boolean) {
  const clock = new ManualClock();
  const store = { isUp };
  const watch = new StoreWatch({ clock, isUsable: async () => store.isUp });
  await watch.start();
  return { clock, store, watch };
}

test('[HTTP-1] without a store at the start a node is unready at once, and ready when the store comes', async () => {
  const { clock, store, watch } = await start(false);
  expect(watch.isUsable).toBe(false);
  await clock.advance(60_000);
  expect(watch.isUsable).toBe(false);
  store.isUp = true;
  await clock.advance(1_000);
  expect(watch.isUsable).toBe(true);
});

test('[HTTP-1] a node is unready after ten seconds without a store, not before, and no longer than the store is away', async () => {
  const { clock, store, watch } = await start(true);
  store.isUp = false;
  await clock.advance(UNUSABLE_MAX_MS);
  expect(watch.isUsable).toBe(true);
  await clock.advance(1_000);
  expect(watch.isUsable).toBe(false);
  store.isUp = true;
  await clock.advance(1_000);
  expect(watch.isUsable).toBe(true);
});

test('[HTTP-1] one answer in between begins the ten seconds again', async () => {
  const { clock, store, watch } = await start(true);
  for (let blip = 0; blip < 5; blip++) {
    store.isUp = false;
    await clock.advance(UNUSABLE_MAX_MS - 1_000);
    store.isUp = true;
    await clock.advance(1_000);
    expect(watch.isUsable).toBe(true);
  }
});

test('[HTTP-1] after stop() the store is not calls again, even if an answer was in flight', async () => {
  const clock = new ManualClock();
  let calls = 0;
  const watch = new StoreWatch({
    clock,
    isUsable: async () => {
      calls++;
      return true;
    },
  });
  const started = watch.start();
  watch.stop();
  await started;
  await clock.advance(60_000);
  expect(calls).toBe(1);
});

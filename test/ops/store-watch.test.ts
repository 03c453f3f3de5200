// Readiness by the store: at once at the start, patient with a store that was there, quick when it is back.
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

test('[HTTP-1] a store that was not there from the start makes unready at once, and ready when it comes', async () => {
  const { clock, store, watch } = await start(false);
  expect(watch.isUsable).toBe(false);
  await clock.advance(60_000);
  expect(watch.isUsable).toBe(false);
  store.isUp = true;
  await clock.advance(1_000);
  expect(watch.isUsable).toBe(true);
});

test('[HTTP-1] a store that goes away makes unready after ten seconds of it, not before, and not for a second longer', async () => {
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

test('[HTTP-1] one answer in between begins the ten seconds anew', async () => {
  const { clock, store, watch } = await start(true);
  for (let blip = 0; blip < 5; blip++) {
    store.isUp = false;
    await clock.advance(UNUSABLE_MAX_MS - 1_000);
    store.isUp = true;
    await clock.advance(1_000);
    expect(watch.isUsable).toBe(true);
  }
});

test('[HTTP-1] whoever has stopped watching asks nothing more, even if an answer was on its way', async () => {
  const clock = new ManualClock();
  let asked = 0;
  const watch = new StoreWatch({
    clock,
    isUsable: async () => {
      asked++;
      return true;
    },
  });
  const started = watch.start();
  watch.stop();
  await started;
  await clock.advance(60_000);
  expect(asked).toBe(1);
});

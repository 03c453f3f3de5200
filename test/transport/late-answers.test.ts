// A slow store: every command is answered in the promised time, and answered once (ACK-3, ACK-4).
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const PROMISED_MS = 2_000;
const roomId = 'r1';

let app: TestApp;
let seam: Interposed;
let owner: AppClient;
let release: () => void;
let stuck: Promise<void>;

beforeEach(async () => {
  seam = interpose(createMemoryEngines(systemClock));
  app = await startTestApp({}, { engines: seam });
  owner = await connectAs(app.url, 'owner');
  await owner.do('room:create', { roomId, title: 'A', seatMode: 'free' });
  stuck = new Promise((resolve) => {
    release = resolve;
  });
});
afterEach(async () => {
  release();
  owner.close();
  await app.stop();
});

/** The answer, and how long it took. */
async function timed(asking: Promise<{ code: string; retryable: boolean }>) {
  const startedAt = systemClock.monotonic();
  const { code, retryable } = await asking;
  return { code, retryable, tookMs: systemClock.monotonic() - startedAt };
}

test('[ACK-3] a change is answered in time with an unknown outcome, and the same command finds it out', async () => {
  seam.beforeCommit(() => stuck);
  const command = { roomId, seat: 0, commandId: 'c1' };
  const answer = await timed(owner.refused('seat:take', command));
  expect(answer).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: true });
  expect(answer.tookMs).toBeLessThan(PROMISED_MS);
  release();
  await expect.poll(() => owner.ask('seat:take', command)).toMatchObject({ ok: true, data: { seat: 0 } });
});

test('[ACK-4] a join that takes too long is UNAVAILABLE, and the next one succeeds', async () => {
  seam.beforeJoin(() => stuck);
  const guest = await connectAs(app.url, 'guest');
  const answer = await timed(guest.refused('room:join', { roomId }));
  expect(answer).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(answer.tookMs).toBeLessThan(PROMISED_MS);
  release();
  await guest.do('room:join', { roomId });
  await guest.do('seat:take', { roomId, seat: 1 });
  guest.close();
});

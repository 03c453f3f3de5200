// A draining node: it admits no new connection and closes its sessions one after the other.
import { get } from 'node:http';
import { expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startTestApp } from '../support/test-app.ts';

const DRAIN_MS = 10_000;

test('[CONN-12] closings are spread evenly, new upgrades get 503, commands are served until the end', async () => {
  const clock = new ManualClock(Date.now());
  const app = await startTestApp({ DRAIN_MS: String(DRAIN_MS) }, { clock, engines: createMemoryEngines(clock) });
  const clients: AppClient[] = [];
  for (let index = 0; index < 10; index++) clients.push(await connectAs(app.url, `user${index}`));
  for (const client of clients) client.socket.io.reconnection(false);
  const closed = () => clients.filter((client) => client.payloadsOf('session:closing').length > 0).length;

  const stopped = app.stop();
  await expect.poll(closed).toBe(1);
  expect((await fetch(`${app.opsUrl}/readyz`)).status).toBe(503);
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
  const refused = await new Promise<number>((resolve) => {
    get(`${app.url}/socket.io/?EIO=4&transport=websocket`, { headers: upgrade }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  expect(refused).toBe(503);

  for (let step = 2; step <= 10; step++) {
    await clock.advance(DRAIN_MS / 10);
    await expect.poll(closed).toBe(step);
    const last = clients.at(-1);
    if (step < 10) expect((await last?.refused('room:sync', {}))?.code).toBe('BAD_REQUEST');
  }
  await stopped;
  for (const client of clients) {
    expect(client.payloadsOf('session:closing')).toEqual([
      { code: 'DRAINING', message: expect.any(String), reconnect: 'after', afterMs: expect.any(Number) },
    ]);
    await expect.poll(() => client.socket.connected).toBe(false);
  }
});

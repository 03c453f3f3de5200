// Who is told to go and does not answer: his socket is not kept for him.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawConnection } from '../hostile/raw-connection.ts';
import { type BareServer, startBareServer } from './bare-server.ts';

/** Less than ws' own 30 s by far, and more than ours. */
const GONE_WITHIN_MS = 5_000;

let server: BareServer;
beforeAll(async () => {
  server = await startBareServer();
});
afterAll(() => server.stop());

test('[CONN-11] who never answers a goodbye loses his socket all the same', async () => {
  const connection = await RawConnection.open(server.url);
  const from = performance.now();
  server.connections[0]?.close();
  await connection.dismissed;
  await connection.closed;
  expect(performance.now() - from).toBeLessThan(GONE_WITHIN_MS);
}, 40_000);

// A client that does not answer a close frame loses its socket.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawConnection } from '../hostile/raw-connection.ts';
import { type BareServer, startBareServer } from './bare-server.ts';

/** Far less than the 30 s of ws, and more than our limit. */
const ENDED_WITHIN_MS = 5_000;

let server: BareServer;
beforeAll(async () => {
  server = await startBareServer();
});
afterAll(() => server.stop());

test('[CONN-11] a client that never answers a close frame loses its socket', async () => {
  const connection = await RawConnection.open(server.url);
  const startedAt = performance.now();
  server.connections[0]?.close();
  await connection.dismissed;
  await connection.closed;
  expect(performance.now() - startedAt).toBeLessThan(ENDED_WITHIN_MS);
}, 40_000);

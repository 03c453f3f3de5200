// A connection may send one CONNECT, however long the account store takes to answer.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { connectPacket, RawConnection, text } from '../hostile/raw-connection.ts';
import { devToken } from '../support/app-client.ts';
import { aGate } from '../support/gate.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const gate = aGate();
let admissions = 0;
let app: TestApp;
beforeAll(async () => {
  const engines = createMemoryEngines(systemClock);
  const { accounts } = engines;
  const slow = Object.create(accounts) as typeof accounts;
  slow.admit = async (...asked) => {
    admissions++;
    await gate.opened;
    return accounts.admit(...asked);
  };
  app = await startTestApp({}, { engines: { ...engines, accounts: slow } });
});
afterAll(() => app.stop());

test('[CONN-11] a second CONNECT ends the connection, also while the first is not answered yet', async () => {
  const token = await devToken(app.url, { userId: 'eager' });
  const connection = await RawConnection.open(app.url);
  connection.write([text(connectPacket(token))]);
  await expect.poll(() => admissions).toBe(1);
  connection.write([text(connectPacket(token)), text(connectPacket(token))]);
  await connection.dismissed;
  gate.open();
  connection.destroy();
  await connection.closed;
  expect(admissions).toBe(1);
  expect(connection.texts.filter((message) => message.startsWith('40'))).toEqual([]);
});

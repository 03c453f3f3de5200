// Revocations over HTTP by the app's backend: their input, answer and effect.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppClient, devToken } from '../support/app-client.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;
let authorization: string;
beforeAll(async () => {
  app = await startTestApp();
  authorization = `Bearer ${await devToken(app.url, { userId: 'backend', scope: 'service' })}`;
});
afterAll(() => app.stop());

/** Sends a text as it is, and an object as JSON. */
async function revoke(userId: string, body: object | string) {
  const response = await fetch(`${app.url}/v1/users/${userId}/revoke`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

test('[CONN-13] a revocation over HTTP ends the user’s connections, and their tokens', async () => {
  const token = await devToken(app.url, { userId: 'revoked-one' });
  const revoked = await new AppClient(app.url, { token, protocol: '1' }).connect();
  const closing = new Promise((resolve) => revoked.socket.once('session:closing', resolve));
  expect((await revoke('revoked-one', {})).status).toBe(200);
  expect(await closing).toMatchObject({ code: 'REVOKED', reconnect: 'never' });
  const again = new AppClient(app.url, { token, protocol: '1' });
  await expect(again.connect()).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
  const response = await fetch(`${app.url}/v1/rooms`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(401);
  for (const client of [revoked, again]) client.close();
});

describe('[CONN-13] the body of a revocation', () => {
  test.each([
    ['nothing to say', {}],
    ['null', 'null'],
    ['an empty body of JSON', ''],
    ['a time to come', { until: Date.now() + 3_600_000 }],
  ])('%s: answered with the moment and nothing else', async (_what, body) => {
    const answer = { ok: true, data: { at: expect.any(Number) } };
    expect(await revoke('somebody', body)).toEqual({ status: 200, body: answer });
  });

  test('no body is allowed', async () => {
    const response = await fetch(`${app.url}/v1/users/somebody/revoke`, { method: 'POST', headers: { authorization } });
    expect(await response.json()).toEqual({ ok: true, data: { at: expect.any(Number) } });
  });

  test('a time in the past is BAD_REQUEST, and nothing is revoked', async () => {
    const token = await devToken(app.url, { userId: 'spared' });
    for (const until of [0, 1, Date.now() - 1]) {
      expect(await revoke('spared', { until })).toMatchObject({
        status: 400,
        body: { ok: false, error: { code: 'BAD_REQUEST', details: { field: 'until' } } },
      });
    }
    const response = await fetch(`${app.url}/v1/rooms`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(200);
  });
});

// The handshake: which clients are admitted, and what the others are told.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signToken } from '../../src/auth/authenticator-jwt.ts';
import { errorBodySchema } from '../../src/protocol/errors.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { RawConnection, text } from '../hostile/raw-connection.ts';
import { AppClient, connectAs } from '../support/app-client.ts';
import { startTestApp, TEST_SECRET, type TestApp } from '../support/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ ALLOWED_ORIGINS: 'https://app.example, https://m.app.example' });
});
afterAll(() => app.stop());

const seconds = () => Math.floor(Date.now() / 1000);
const claims = (more: Record<string, unknown> = {}) => ({
  sub: 'alice',
  iat: seconds(),
  exp: seconds() + 600,
  ...more,
});

/** How a connection with that `auth` is refused; throws when it is admitted. */
async function refusalOf(auth: Record<string, unknown>) {
  const client = new AppClient(app.url, auth);
  const error = (await client.connect().then(
    () => {
      client.close();
      throw new Error('was admitted');
    },
    (reason: unknown) => reason,
  )) as Error & { data?: unknown };
  expect(errorBodySchema.parse(error.data)).toEqual(error.data);
  expect(client.socket.active).toBe(false);
  return (error.data as { code: string }).code;
}

const withToken = async (payload: Record<string, unknown>, secret = TEST_SECRET) => ({
  token: await signToken(payload, secret),
  protocol: '1',
});

describe('admitted', () => {
  test('[CONN-4] the first event is session:ready, with the user, the session and the times', async () => {
    const client = await new AppClient(app.url, await withToken(claims({ name: '爱丽丝' }))).connect();
    await expect.poll(() => client.received.length).toBe(1);
    const [ready] = client.payloadsOf('session:ready');
    expect(serverEventSchemas['session:ready'].parse(ready)).toMatchObject({ userId: 'alice', protocol: 1 });
    expect(ready?.sessionId).toBe(client.socket.id);
    expect(Math.abs((ready?.serverTime ?? 0) - Date.now())).toBeLessThan(5_000);
    expect(ready?.tokenExpiresAt).toBeGreaterThan(Date.now());
    client.close();
  });

  test('[CONN-2] a token that expired within the accepted clock skew is still good', async () => {
    const auth = await withToken(claims({ iat: seconds() - 600, exp: seconds() - 20 }));
    const client = await new AppClient(app.url, auth).connect();
    client.close();
  });
});

describe('refused for good', () => {
  test.each([
    ['no token', { protocol: '1' }],
    ['no auth at all', {}],
    ['a token that is none', { token: 'abc', protocol: '1' }],
    ['a nested token', { token: { $gt: '' }, protocol: '1' }],
  ])('[CONN-3] %s: UNAUTHENTICATED', async (_what, auth) => {
    expect(await refusalOf(auth)).toBe('UNAUTHENTICATED');
  });

  test('[CONN-2] signed with another secret, or not signed at all', async () => {
    expect(await refusalOf(await withToken(claims(), 'another-secret-that-is-long-enough-too'))).toBe(
      'UNAUTHENTICATED',
    );
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const none = `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims())}.`;
    expect(await refusalOf({ token: none, protocol: '1' })).toBe('UNAUTHENTICATED');
  });

  test.each([
    ['without sub', { sub: undefined }],
    ['without exp', { exp: undefined }],
    ['without iat', { iat: undefined }],
    ['sub outside the id alphabet', { sub: 'a:b' }],
    ['sub of 64 characters', { sub: 'x'.repeat(64) }],
    ['sub "service", which names an operator', { sub: 'service' }],
    ['sub "system", which names an operator', { sub: 'system' }],
    ['a scope that there is not', { scope: 'root' }],
  ])('[CONN-2] claims %s: UNAUTHENTICATED', async (_what, more) => {
    expect(await refusalOf(await withToken(claims(more)))).toBe('UNAUTHENTICATED');
  });

  test('[CONN-3] an expired token has a code of its own, so that the app fetches a new one', async () => {
    expect(await refusalOf(await withToken(claims({ iat: seconds() - 600, exp: seconds() - 60 })))).toBe(
      'TOKEN_EXPIRED',
    );
  });

  test.each(['0', '2', '1.0', '', 1, null])('[CONN-3] protocol %j is not supported', async (protocol) => {
    expect(await refusalOf({ ...(await withToken(claims())), protocol })).toBe('PROTOCOL_UNSUPPORTED');
  });

  test('[CONN-3] a service is refused: services use HTTP', async () => {
    expect(await refusalOf(await withToken(claims({ scope: 'service' })))).toBe('FORBIDDEN');
  });
});

describe('upgrades', () => {
  const upgrade = (headers: Record<string, string>, path = '/socket.io/?EIO=4&transport=websocket') =>
    new Promise<number>((resolve, reject) => {
      import('node:http').then(({ request }) => {
        const attempt = request(`${app.url}${path}`, {
          headers: {
            connection: 'Upgrade',
            upgrade: 'websocket',
            'sec-websocket-version': '13',
            'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
            ...headers,
          },
        });
        attempt.once('upgrade', (response, socket) => {
          socket.destroy();
          resolve(response.statusCode ?? 0);
        });
        attempt.once('response', (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        attempt.once('error', reject);
        attempt.end();
      }, reject);
    });

  test('[CONN-1] browsers come from allowed origins only, exactly; native clients send none', async () => {
    expect(await upgrade({ origin: 'https://app.example' })).toBe(101);
    expect(await upgrade({})).toBe(101);
    for (const origin of ['https://evil.example', 'http://app.example', 'https://app.example.evil', 'null']) {
      expect(await upgrade({ origin })).toBeGreaterThanOrEqual(400);
    }
  });

  test('[CONN-1] polling is off unless asked for', async () => {
    const poll = (base: string) => fetch(`${base}/socket.io/?EIO=4&transport=polling`).then(({ status }) => status);
    expect(await poll(app.url)).toBe(400);
    const polling = await startTestApp({ POLLING: '1' });
    expect(await poll(polling.url)).toBe(200);
    await polling.stop();
  });

  test('[CONN-6] a server that stops says so and ends connections so that clients come back', async () => {
    const stopping = await startTestApp();
    const client = await connectAs(stopping.url, 'alice');
    client.socket.io.reconnection(false);
    const ended = new Promise<string>((resolve) => client.socket.once('disconnect', resolve));
    await stopping.stop();
    expect(await ended).toBe('transport close');
    expect(client.payloadsOf('session:closing')).toEqual([
      { code: 'DRAINING', message: expect.any(String), reconnect: 'after', afterMs: expect.any(Number) },
    ]);
  });
});

describe('[CONN-11] there is one namespace', () => {
  const ANSWER = /^4[04]/;
  const answersTo = (connection: RawConnection) => connection.texts.filter((message) => ANSWER.test(message));

  test.each(['40/x,', '40/admin', '40//,', '40/__proto__,{}', '40/x?y=1,'])(
    '%s ends the connection, without an answer',
    async (packet) => {
      const connection = await RawConnection.open(app.url);
      connection.write(Array.from({ length: 500 }, () => text(packet)));
      await connection.dismissed;
      connection.destroy();
      expect(answersTo(connection)).toEqual([]);
    },
  );

  test('also after it was admitted', async () => {
    const { token } = await withToken(claims({ sub: 'wanderer' }));
    const connection = await RawConnection.admitted(app.url, token);
    connection.write([text('40/x,')]);
    await connection.dismissed;
    expect(answersTo(connection).filter((message) => message.startsWith('44'))).toEqual([]);
    connection.destroy();
  });

  test('its name may be given', async () => {
    const auth = JSON.stringify(await withToken(claims({ sub: 'explicit' })));
    const connection = await RawConnection.open(app.url);
    connection.write([text(`40/,${auth}`)]);
    expect(await connection.received((message) => ANSWER.test(message))).toContain('"sid"');
    connection.destroy();
  });
});

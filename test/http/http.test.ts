// The HTTP interface of a running server: health, directory, development tokens, the page, and the form of all errors.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signToken } from '../../src/auth/authenticator-jwt.ts';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { errorBodySchema } from '../../src/protocol/errors.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { type AppClient, connectAs, devToken } from '../support/app-client.ts';
import { startTestApp, TEST_SECRET, type TestApp } from '../support/test-app.ts';

let app: TestApp;
let engines: Engines;
let owner: AppClient;
let authorization: string;

beforeAll(async () => {
  engines = createMemoryEngines(systemClock);
  app = await startTestApp({}, { engines });
  owner = await connectAs(app.url, 'owner');
  authorization = `Bearer ${await devToken(app.url, { userId: 'reader' })}`;
});
afterAll(async () => {
  owner.close();
  await app.stop();
});

const get = async (path: string, headers: Record<string, string> = { authorization }, base = app.url) => {
  const response = await fetch(`${base}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
};

describe('health', () => {
  test('[HTTP-1] alive and ready on the public and on the operations port', async () => {
    for (const base of [app.url, app.opsUrl]) {
      for (const path of ['/livez', '/readyz']) expect((await get(path, {}, base)).status).toBe(200);
    }
  });

  test('[HTTP-1] without its store the server is alive but not ready', async () => {
    const ill = await startTestApp({}, { engines: { ...engines, isHealthy: async () => false } });
    expect((await get('/livez', {}, ill.opsUrl)).status).toBe(200);
    expect((await get('/readyz', {}, ill.opsUrl)).status).toBe(503);
    await ill.stop();
  });
});

describe('rooms', () => {
  test('[ROOM-8] the directory pages through open rooms', async () => {
    for (const title of ['一', '二', '三']) {
      const host = await connectAs(app.url, `host-${title.codePointAt(0)}`);
      await host.do('room:create', { title, category: '音乐', tags: ['live'] });
      host.close();
    }
    await app.rooms.idle();
    const first = await get('/v1/rooms?limit=2');
    expect(first).toMatchObject({
      status: 200,
      body: { ok: true, data: { rooms: [{}, {}], cursor: expect.any(String) } },
    });
    const { cursor } = first.body.data as unknown as { cursor: string };
    const second = await get(`/v1/rooms?limit=2&cursor=${cursor}`);
    expect(second.body).toMatchObject({ data: { rooms: [{ category: '音乐', tags: ['live'] }], cursor: null } });
    const sorted = await get(`/v1/rooms?sort=audience&category=${encodeURIComponent('音乐')}`);
    expect(sorted.body).toMatchObject({ data: { rooms: [{}, {}, {}], cursor: null } });
    expect((await get('/v1/rooms?category=game')).body).toMatchObject({ data: { rooms: [], cursor: null } });
  });

  test('[ROOM-8] one room in its present state', async () => {
    await owner.do('room:create', { roomId: 'seen', title: 'Seen', seatMode: 'free', password: 'p' });
    await owner.do('seat:take', { roomId: 'seen' });
    const { status, body } = await get('/v1/rooms/seen');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      data: { room: { roomId: 'seen', seatsTaken: 1, audienceCount: 1, hasPassword: true } },
    });
    expect(JSON.stringify(body)).not.toContain('passwordHash');
    await owner.do('room:close', { roomId: 'seen' });
    expect((await get('/v1/rooms/seen')).status).toBe(410);
    expect((await get('/v1/rooms/never')).status).toBe(404);
  });

  test.each([
    ['/v1/rooms?limit=0', 'limit'],
    ['/v1/rooms?limit=101', 'limit'],
    ['/v1/rooms?cursor=1%0Ax', 'cursor'],
    ['/v1/rooms?order=old', 'order'],
    ['/v1/rooms?sort=old', 'sort'],
    ['/v1/rooms?category=a%20b', 'category'],
    ['/v1/rooms?limit=x', 'limit'],
    ['/v1/rooms?cursor=new.all.0000000000000001.r1&sort=audience', 'cursor'],
    ['/v1/rooms/a%3Ab', 'roomId'],
    [`/v1/rooms/${'x'.repeat(64)}`, 'roomId'],
    [`/v1/rooms/${'x'.repeat(101)}`, 'roomId'],
  ])('[HTTP-2] %s is a bad request that names the field', async (path, field) => {
    const { status, body } = await get(path);
    expect(status).toBe(400);
    expect(errorBodySchema.parse(body.error)).toMatchObject({ code: 'BAD_REQUEST', details: { field } });
  });

  test.each(['/v1/rooms/%ff', '/v1/rooms/%', '/v1/rooms/%zz/members', '/v1/rooms/%c3%28?limit=1'])(
    '[HTTP-2] %s, which is no address, is a bad request in the shape of every error',
    async (path) => {
      const { status, body } = await get(path);
      expect({ status, ok: body.ok }).toEqual({ status: 400, ok: false });
      expect(errorBodySchema.parse(body.error)).toMatchObject({ code: 'BAD_REQUEST' });
    },
  );

  test('[HTTP-3] nothing can be read without a valid token', async () => {
    const iat = Math.floor(Date.now() / 1000) - 600;
    const expired = await signToken({ sub: 'a', iat, exp: iat + 60 }, TEST_SECRET);
    expect((await get('/v1/rooms', {})).body).toMatchObject({ ok: false, error: { code: 'UNAUTHENTICATED' } });
    expect((await get('/v1/rooms', { authorization: 'Basic abc' })).status).toBe(401);
    expect((await get('/v1/rooms', { authorization: `Bearer ${expired}` })).body).toMatchObject({
      error: { code: 'TOKEN_EXPIRED' },
    });
  });

  test('[ACK-4] a store that is away is a retryable 503 with Retry-After', async () => {
    const load = async () => {
      throw new StoreUnavailableError('away');
    };
    const store = new Proxy(engines.store, {
      get: (target, name) => (name === 'load' ? load : Reflect.get(target, name).bind(target)),
    });
    const ill = await startTestApp({}, { engines: { ...engines, store } });
    const response = await fetch(`${ill.url}/v1/rooms/r1`, { headers: { authorization } });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({
      ok: false,
      error: { code: 'UNAVAILABLE', retryable: true, retryAfterMs: 1000 },
    });
    await ill.stop();
  });
});

describe('development tokens', () => {
  const ask = (body: unknown, base = app.url) =>
    fetch(`${base}/v1/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('[HTTP-4] a token for every well-formed request; a wrong field is named', async () => {
    expect(await (await ask({ userId: 'alice', name: 'Alice', level: 3 })).json()).toMatchObject({
      ok: true,
      data: { token: expect.stringMatching(/^ey/), expiresAt: expect.any(Number) },
    });
    const bad = await ask({ userId: 'a b' });
    expect([bad.status, ((await bad.json()) as { error: object }).error]).toMatchObject([
      400,
      { details: { field: 'userId' } },
    ]);
    expect((await ask({ userId: 'alice', admin: true })).status).toBe(400);
    expect((await ask('x'.repeat(100_000))).status).toBe(413);
  });

  test('[HTTP-4] there is no such route if the server listens beyond this machine', async () => {
    const open = await startTestApp({ HOST: '0.0.0.0' });
    expect((await ask({ userId: 'alice' }, open.url)).status).toBe(404);
    await open.stop();
  });

  test('[HTTP-4] in production there is no such route', async () => {
    const production = await startTestApp({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      ALLOW_MEMORY_STORE: '1',
      RTC_PROVIDER: 'none',
    });
    expect((await ask({ userId: 'alice' }, production.url)).status).toBe(404);
    await production.stop();
  });
});

describe('the rest', () => {
  test('[HTTP-5] the page, its client and no other files', async () => {
    const page = await fetch(`${app.url}/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect((await fetch(`${app.url}/socket.io.esm.min.js`)).status).toBe(200);
    for (const path of ['/package.json', '/../package.json', '/%2e%2e/package.json', '/console.ts']) {
      expect((await fetch(`${app.url}${path}`)).status).toBe(404);
    }
  });

  test('[HTTP-2] an unknown address is a 404 in the form of all errors', async () => {
    expect(await get('/v1/nothing')).toMatchObject({
      status: 404,
      body: { ok: false, error: { code: 'UNKNOWN_EVENT' } },
    });
  });
});

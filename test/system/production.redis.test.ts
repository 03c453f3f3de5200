// `node dist/main.js` as production starts it, and a client that uses only SPEC.md: plain socket.io, no types.

import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeAgoraToken, verifyAgoraToken } from '../rtc/decode-agora-token.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

const JWT_SECRET = 'a-production-secret-that-only-the-backend-knows';
const AGORA_APP_ID = '970CA35de60c44645bbae8a215061b33';
const AGORA_APP_CERTIFICATE = '5CFd2fd1755d40ecb72977518be15d3b';

let redis: RedisServer;
let server: ServerProcess;

beforeAll(async () => {
  redis = await startRedis();
  server = await startServerProcess({
    NODE_ENV: 'production',
    REDIS_URL: redis.url,
    JWT_SECRET,
    AGORA_APP_ID,
    AGORA_APP_CERTIFICATE,
    DRAIN_MS: '1500',
  });
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await redis.stop();
});

/** HS256 by hand, as any backend in any language would do it. */
function jwtFor(sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, name: sub, iat: now, exp: now + 600 })}`;
  return `${signed}.${createHmac('sha256', JWT_SECRET).update(signed).digest('base64url')}`;
}

const connect = (sub: string) =>
  io(server.url, { transports: ['websocket'], auth: (give) => give({ token: jwtFor(sub), protocol: '1' }) });

test('[CONN-2][ROOM-1][SEAT-2][RTC-2][RTC-3] an ordinary client creates, joins, speaks and is muted', async () => {
  const [host, guest] = [connect('host'), connect('guest')];
  const grants: { role: string; token: string; uid: number }[] = [];
  guest.on('rtc:grant', (grant) => grants.push(grant));
  const created = await host.emitWithAck('room:create', { title: '派对', seatMode: 'free' });
  expect(created).toMatchObject({
    ok: true,
    data: { grant: { provider: 'agora', role: 'subscriber', appId: AGORA_APP_ID } },
  });
  const { roomId } = created.data.room;
  const joined = await guest.emitWithAck('room:join', { roomId });
  expect(joined.data.you).toMatchObject({ role: 'member', seat: null });
  expect(await guest.emitWithAck('seat:take', { roomId, seat: 3 })).toMatchObject({ ok: true, data: { seat: 3 } });
  await host.emitWithAck('seat:mute', { roomId, seat: 3 });
  await expect.poll(() => grants.map(({ role }) => role)).toEqual(['publisher', 'subscriber']);
  for (const { token, uid } of grants) {
    expect(verifyAgoraToken(token, AGORA_APP_CERTIFICATE)).toBe(true);
    expect(JSON.stringify(decodeAgoraToken(token))).toContain(String(uid));
    expect(uid).toBe(joined.data.grant.uid);
  }
  host.disconnect();
  guest.disconnect();
});

test('[CONF-2] production has no development tokens and its log has no secrets', async () => {
  const response = await fetch(`${server.url}/v1/dev/token`, {
    method: 'POST',
    body: '{"userId":"a"}',
    headers: { 'content-type': 'application/json' },
  });
  expect(response.status).toBe(404);
  for (const secret of [JWT_SECRET, AGORA_APP_CERTIFICATE]) expect(server.output()).not.toContain(secret);
});

test('[CONF-2] production without its secrets does not start, and names all of them', async () => {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: '0', OPS_PORT: '0' },
  });
  let output = '';
  child.stderr.on('data', (text: Buffer) => {
    output += text.toString();
  });
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1);
  for (const name of ['JWT_SECRET', 'REDIS_URL', 'AGORA_APP_ID', 'AGORA_APP_CERTIFICATE'])
    expect(output).toContain(name);
});

test('[CONN-12] SIGTERM: not ready, no new connections, drains one by one, exit 0', async () => {
  const ending = await startServerProcess({
    NODE_ENV: 'production',
    REDIS_URL: redis.url,
    JWT_SECRET,
    RTC_PROVIDER: 'none',
    DRAIN_MS: '1500',
  });
  const closings: { at: number; closing: { code: string; reconnect: string } }[] = [];
  const sockets = Array.from({ length: 4 }, (_, index) =>
    io(ending.url, {
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
      auth: { token: jwtFor(`leaving${index}`), protocol: '1' },
    }),
  );
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('connect', resolve))));
  for (const socket of sockets) {
    socket.on('session:closing', (closing) => closings.push({ at: performance.now(), closing }));
  }
  const exited = ending.stop();
  await expect.poll(() => closings.length).toBe(1);
  expect((await fetch(`${ending.opsUrl}/readyz`)).status).toBe(503);
  const late = io(ending.url, { forceNew: true, reconnection: false, transports: ['websocket'] });
  await new Promise<void>((resolve) => late.once('connect_error', () => resolve()));
  expect(late.connected).toBe(false);
  expect(await exited).toBe(0);
  expect(closings.map(({ closing }) => `${closing.code} ${closing.reconnect}`)).toEqual(
    Array(4).fill('DRAINING after'),
  );
  const spread = (closings.at(-1)?.at ?? 0) - (closings[0]?.at ?? 0);
  expect(spread).toBeGreaterThan(1_000);
  expect(sockets.map(({ connected }) => connected)).toEqual(Array(4).fill(false));
});

// Admission: above the limit, or on a draining node, an upgrade gets 503, and clients come back by themselves.
import { connect, type Socket as NetSocket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/ops/clock.ts';
import { LoopGauge } from '../../src/ops/loop-delay.ts';
import { systemRandom } from '../../src/ops/random.ts';
import { Admission } from '../../src/transport/admission.ts';
import { AppClient, connectAs, devToken } from '../support/app-client.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { inTime, startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp | undefined;
afterEach(async () => {
  await app?.stop();
  app = undefined;
});

/** Sends a text on a raw socket. Resolves with all that came until the server ended it. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket: NetSocket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      received += data.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
}

const upgradeTo = (path: string) =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');
const SOCKET = '/socket.io/?EIO=4&transport=websocket';

describe('the bucket', () => {
  const clock = new ManualClock();
  const admission = new Admission({
    clock,
    random: systemRandom,
    handshakesPerSecond: 10,
    loopDelay: inTime,
    isDraining: () => false,
  });
  const admitted = () => {
    let count = 0;
    while (admission.refusal() === null) count++;
    return count;
  };

  test('[CONN-3] holds the handshakes of a second, and is refilled as time passes, never beyond', async () => {
    expect(admitted()).toBe(10);
    await clock.advance(300);
    expect(admitted()).toBe(3);
    await clock.advance(60_000);
    expect(admitted()).toBe(10);
  });

  test('[CONN-3] gives the number of seconds to wait, not the same to all', () => {
    const waits = Array.from({ length: 200 }, () => admission.refusal() ?? 0);
    expect(new Set(waits)).toEqual(new Set([1, 2, 3, 4, 5]));
  });
});

describe('too many handshakes at once', () => {
  test('[CONN-3] the next client gets 503 with Retry-After, and its socket ends', async () => {
    app = await startTestApp({ LIMIT_HANDSHAKES_PER_SECOND: '0.001' });
    const { port } = app;
    const first = await connectAs(app.url, 'first');
    const answer = await sendRaw(port, upgradeTo(SOCKET));
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(answer).toMatch(/\r\nRetry-After: [1-5]\r\n/);
    expect(answer).toMatch(/\r\nConnection: close\r\n/);
    // A client that sends more without reading the answer is ended as well.
    expect(await sendRaw(port, upgradeTo(SOCKET) + 'garbage'.repeat(10_000))).not.toContain('101');
    expect((await first.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    first.close();
  });

  test('[CONN-3][CONN-11] a refused client stays active and comes in by itself when there is room', async () => {
    app = await startTestApp({ LIMIT_HANDSHAKES_PER_SECOND: '1' });
    const first = await connectAs(app.url, 'first');
    const second = new AppClient(app.url, { token: await devToken(app.url, { userId: 'second' }), protocol: '1' });
    const error = await second.connect().then(
      () => null,
      (reason: Error & { data?: unknown }) => reason,
    );
    expect(error).not.toBeNull();
    expect(error?.data).toBeUndefined();
    expect(second.socket.active).toBe(true);
    await expect.poll(() => second.payloadsOf('session:ready'), { timeout: 10_000 }).toHaveLength(1);
    first.close();
    second.close();
  });

  test('[CONN-3] with long-polling, sessions that begin by a request are counted, those that go on are not', async () => {
    app = await startTestApp({ POLLING: '1', LIMIT_HANDSHAKES_PER_SECOND: '0.001' });
    const poll = (sid = '') => fetch(`${app?.url}/socket.io/?EIO=4&transport=polling${sid}`);
    const begun = await poll();
    expect(begun.status).toBe(200);
    const { sid } = JSON.parse((await begun.text()).slice(1)) as { sid: string };
    const refused = await poll();
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
    const posted = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
      method: 'POST',
      body: '2',
    });
    expect(posted.status).toBe(200);
    expect((await fetch(`${app.url}/livez`)).status).toBe(200);
  });
});

describe('a node whose loop is late', () => {
  /** Blocks the event loop. */
  function block(forMs: number): void {
    const until = systemClock.monotonic() + forMs;
    while (systemClock.monotonic() < until);
  }

  const start = () => startTestApp({}, { loopDelay: new LoopGauge(systemClock) });

  test('[CONN-3] admits no client, says when to try again, and admits clients again soon after', async () => {
    app = await start();
    const { port } = app;
    await expect.poll(() => sendRaw(port, `${upgradeTo(SOCKET)}\xff\xff`), { timeout: 10_000 }).toContain('101');
    const answer = sendRaw(port, upgradeTo(SOCKET));
    block(400);
    expect(await answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\nRetry-After: [1-5]\r\n/);
    await expect.poll(() => sendRaw(port, `${upgradeTo(SOCKET)}\xff\xff`), { timeout: 10_000 }).toContain('101');
  });

  test('[CONN-3][CONN-11] connections stay; refused clients come back by themselves, and not in step', async () => {
    const late = { isLate: false };
    app = await startTestApp({}, { loopDelay: late });
    const { url } = app;
    const member = await connectAs(url, 'member');
    const tokens = await Promise.all(Array.from({ length: 8 }, (_, index) => devToken(url, { userId: `u${index}` })));
    late.isLate = true;
    const tries: number[][] = [];
    const clients = tokens.map((token, index) => {
      const client = new AppClient(url, { token, protocol: '1' });
      const times: number[] = [];
      tries[index] = times;
      client.socket.on('connect_error', () => times.push(systemClock.monotonic()));
      client.socket.connect();
      return client;
    });
    await expect.poll(() => tries.every((times) => times.length >= 2), { timeout: 10_000 }).toBe(true);
    expect((await member.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    expect(clients.every(({ socket }) => socket.active && !socket.connected)).toBe(true);
    const pauses = tries.map(([first = 0, second = 0]) => second - first);
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(50);
    late.isLate = false;
    await expect.poll(() => clients.every(({ socket }) => socket.connected), { timeout: 15_000 }).toBe(true);
    for (const client of [member, ...clients]) client.close();
  });
});

describe('a client that sends garbage', () => {
  test('[CONN-11] is ended, and no other connection is disturbed', async () => {
    app = await startTestApp();
    const { port } = app;
    const client = await connectAs(app.url, 'alice');
    expect(await sendRaw(port, upgradeTo('/elsewhere'))).toMatch(/^HTTP\/1\.1 404 /);
    // engine.io says after the upgrade that it does not speak that version.
    expect(await sendRaw(port, upgradeTo('/socket.io/?EIO=3&transport=websocket'))).not.toBe('');
    expect(await sendRaw(port, upgradeTo('/socket.io/?EIO=4&transport=websocket&sid=nobody'))).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    expect(await sendRaw(port, '\x16\x03\x01 no http at all\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 |^$/);
    await sendRaw(port, `${upgradeTo(SOCKET)}\xff\xff\xff\xff\xff\xff`);
    expect((await client.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    client.close();
  });
});

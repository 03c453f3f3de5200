// A client that does not read costs the node 1 MiB at most and others nothing. It is ended, comes back and resumes.
import { createConnection, type Socket as NetSocket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectPacket, text } from '../hostile/raw-connection.ts';
import { type AppClient, connectAs, devToken } from '../support/app-client.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { parseMetrics } from '../support/metrics-page.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const ROOM = { roomId: 'slow' };
let app: TestApp;
let owner: AppClient;
let listener: AppClient;
beforeAll(async () => {
  app = await startTestApp();
  owner = await connectAs(app.url, 'owner');
  await owner.do('room:create', { ...ROOM, title: 'A', seatMode: 'free' });
  listener = await connectAs(app.url, 'listener');
  await listener.do('room:join', ROOM);
});
afterAll(async () => {
  owner.close();
  listener.close();
  await app.stop();
});

const slowConsumers = async ({ opsUrl } = app) =>
  parseMetrics(await (await fetch(`${opsUrl}/metrics`)).text()).get('maiwei_slow_consumers_total');

/**
 * A client that reads nothing after it was admitted: what is sent to it stays in the kernel, and then in the server.
 */
async function connectUnread(userId: string, command: string, { url } = app): Promise<NetSocket> {
  const { hostname, port } = new URL(url);
  const token = await devToken(url, { userId });
  const socket = createConnection({ host: hostname, port: Number(port) });
  let received = '';
  const until = (part: string) =>
    new Promise<void>((resolve) => {
      const onData = (bytes: Buffer | string) => {
        received += bytes.toString('latin1');
        if (!received.includes(part)) return;
        socket.off('data', onData);
        resolve();
      };
      socket.on('data', onData);
      onData('');
    });
  socket.on('error', () => undefined);
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await until('"sid"');
  socket.write(text(connectPacket(token)));
  await until('session:ready');
  socket.write(text(command));
  await until('430');
  socket.pause();
  return socket;
}

test('[MSG-2][CONN-10] a client that does not read ends at 1 MiB; the others get everything, and it can resume', async () => {
  const idler = await connectUnread('idler', `420["room:join",${JSON.stringify(ROOM)}]`);
  await owner.do('seat:take', ROOM);
  const before = listener.payloadsOf('room:messages').length;
  const sent: string[] = [];
  // The kernels of both sides take some megabytes before the server has to keep anything. Then gifts are left out, and
  // stage events are not.
  for (let round = 0; (await slowConsumers()) === 0 && round < 200; round++) {
    const gifts = Array.from({ length: 50 }, () =>
      owner.do('message:send', { ...ROOM, kind: 'gift', body: { gift: 'x'.repeat(2_000) } }),
    );
    for (let index = 0; index < 20; index++)
      await owner.do('room:update', { ...ROOM, notice: `${index}`.padEnd(500, '告') });
    sent.push(...(await Promise.all(gifts)).map(({ messageId }) => messageId));
  }
  expect(await slowConsumers()).toBe(1);
  const received = () =>
    listener
      .payloadsOf('room:messages')
      .slice(before)
      .flatMap(({ messages }) => messages.map((one) => ('messageId' in one ? one.messageId : '')));
  await expect.poll(() => received().length).toBe(sent.length);
  expect(received()).toEqual(sent);
  // It comes back on a new connection, as any client does, with the position up to which it had read.
  const sentVersions = listener
    .payloadsOf('room:events')
    .flatMap(({ epoch, updates }) => updates.map(({ version }) => ({ epoch, version })));
  const [position] = sentVersions.slice(-100);
  const back = await connectAs(app.url, 'idler');
  const joined = await back.do('room:join', { ...ROOM, resume: position });
  expect('updates' in joined && joined.updates.map(({ version }) => version)).toEqual(
    sentVersions.slice(-99).map(({ version }) => version),
  );
  back.close();
  idler.destroy();
});

test('[MSG-2] unread answers count as well', async () => {
  const before = (await slowConsumers()) ?? 0;
  const asker = await connectUnread('asker', `420["room:join",${JSON.stringify(ROOM)}]`);
  const sync = text(`421["room:sync",${JSON.stringify({ ...ROOM, epoch: 'none', version: 0 })}]`);
  const some = Buffer.concat(Array.from({ length: 100 }, () => sync));
  for (let round = 0; (await slowConsumers()) === before && round < 400; round++) {
    await new Promise<void>((resolve) => asker.write(some, () => resolve()));
  }
  // It asks faster than it is answered: one command per turn.
  await expect.poll(slowConsumers, { timeout: 20_000 }).toBe(before + 1);
  asker.destroy();
});

test('[MSG-2] unread answers end the client at its next command: no timer is needed for it', async () => {
  const still = await startTestApp({}, { clock: new ManualClock(Date.now()) });
  const host = await connectAs(still.url, 'host');
  await host.do('room:create', { ...ROOM, title: 'A', notice: '告'.repeat(500) });
  const asker = await connectUnread('asker', `420["room:join",${JSON.stringify(ROOM)}]`, still);
  const sync = text(`421["room:sync",${JSON.stringify({ ...ROOM, epoch: 'none', version: 0 })}]`);
  const some = Buffer.concat(Array.from({ length: 200 }, () => sync));
  for (let round = 0; (await slowConsumers(still)) === 0 && round < 40; round++) {
    await new Promise<void>((resolve) => asker.write(some, () => resolve()));
  }
  await expect.poll(() => slowConsumers(still), { timeout: 20_000 }).toBe(1);
  asker.destroy();
  host.close();
  await still.stop();
});

test('[MSG-2][MSG-4] and so do unread signals of other members', async () => {
  const before = (await slowConsumers()) ?? 0;
  const addressee = await connectUnread('deaf-one', `420["room:join",${JSON.stringify(ROOM)}]`);
  const data = 'x'.repeat(8_000);
  for (let round = 0; (await slowConsumers()) === before && round < 100; round++) {
    const some = Array.from({ length: 50 }, () => owner.ask('signal:send', { ...ROOM, to: 'deaf-one', data }));
    await Promise.all(some);
  }
  expect(await slowConsumers()).toBe(before + 1);
  addressee.destroy();
});

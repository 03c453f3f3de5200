// examples/client.mjs, the client that SPEC.md's chapter 2 shows, against a real server in this process.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signToken } from '../../src/auth/authenticator-jwt.ts';
import type { RoomId, UserId } from '../../src/protocol/ids.ts';
import type { Grant, RoomSnapshot, You } from '../../src/protocol/snapshot.ts';
import type { Ack } from '../../src/protocol/socket-events.ts';
import { type AppClient, connectAs, devToken } from '../support/app-client.ts';
import { startTestApp, TEST_SECRET, type TestApp } from '../support/test-app.ts';

type Room = Omit<RoomSnapshot, 'audience' | 'recentMessages'>;

interface Options {
  readonly url: string;
  readonly roomId: string;
  readonly getToken: (why: { readonly isExpired: boolean }) => string | Promise<string>;
  readonly onGrant?: (grant: Grant) => void;
  readonly onEntered?: (how: 'snapshot' | 'resumed') => void;
  readonly onLeft?: (reason: string) => void;
  readonly onRefused?: (error: { readonly code: string }) => void;
}

/** What the tests reach for in its Socket.IO socket. */
interface ExampleSocket {
  readonly connected: boolean;
  readonly io: { readonly engine: { close(): void } };
  onevent(packet: { readonly data: readonly unknown[] }): void;
}

interface ExampleClient {
  readonly socket: ExampleSocket;
  readonly room: Room | null;
  readonly you: You | null;
  command(name: string, payload?: object): Promise<Ack<Record<string, unknown>>>;
  close(): void;
}

// A path that the compiler does not follow: the example is plain JavaScript without types.
const example = pathToFileURL(fileURLToPath(new URL('../../examples/client.mjs', import.meta.url))).href;
const { joinRoom } = (await import(/* @vite-ignore */ example)) as { joinRoom: (options: Options) => ExampleClient };

let app: TestApp;
let host: AppClient;
let roomId: RoomId;
const guest = 'guest' as UserId;
const open: ExampleClient[] = [];

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.stop());

beforeEach(async () => {
  host = await connectAs(app.url, 'host');
  const created = await host.do('room:create', { title: 'Example', seatMode: 'free' });
  roomId = created.room.roomId;
});

afterEach(() => {
  host.close();
  for (const client of open.splice(0)) client.close();
});

/** The example as that user, and what it reports. */
function join(userId: string, options: Partial<Options> = {}) {
  const entered: string[] = [];
  const left: string[] = [];
  const grants: Grant[] = [];
  const client = joinRoom({
    url: app.url,
    roomId,
    getToken: () => devToken(app.url, { userId }),
    onEntered: (how) => entered.push(how),
    onLeft: (reason) => left.push(reason),
    onGrant: (grant) => grants.push(grant),
    ...options,
  });
  open.push(client);
  return { client, entered, left, grants };
}

/** What the server shows a member of that room now, without what the example does not follow. */
async function snapshotOf(watcher: AppClient): Promise<Room> {
  const answer = await watcher.do('room:sync', { roomId, epoch: 'none', version: 0 });
  if (!('room' in answer)) throw new Error('this epoch is not known, so the whole room was due');
  const { audience: _, recentMessages: __, ...room } = answer.room;
  return room;
}

const followed = ({ room }: ExampleClient): unknown => {
  const { audience: _, recentMessages: __, ...rest } = room as RoomSnapshot;
  return rest;
};

describe('the example client', () => {
  test('[ROOM-2][SEAT-2] joins, takes a seat, and gets the right to speak', async () => {
    const { client, entered, grants } = join('guest');
    expect(await client.command('seat:take', { seat: 3 })).toMatchObject({ ok: true, data: { seat: 3 } });
    await expect.poll(() => client.room?.seats[3]?.occupant?.userId).toBe('guest');
    expect(entered).toEqual(['snapshot']);
    await expect.poll(() => grants.map(({ role }) => role)).toEqual(['subscriber', 'publisher']);
  });

  test('[SYNC-1][SYNC-7] follows every kind of public event to the room that the server has', async () => {
    const { client } = join('guest');
    const other = join('other').client;
    const room = { roomId };
    const watcher = await connectAs(app.url, 'watcher');
    await watcher.do('room:join', room);
    const steps = [
      () => client.command('seat:take', { seat: 3 }),
      () => other.command('seat:take', { seat: 4 }),
      () => host.do('seat:take', room),
      () => host.do('seat:mute', { ...room, seat: 3 }),
      () => host.do('seat:lock', { ...room, seat: 7 }),
      () => host.do('seat:pick', { ...room, userId: guest, seat: 4, policy: 'swap' }),
      () => host.do('room:update', { ...room, title: 'Changed', seatCount: 12 }),
      () => host.do('room:attributes', { ...room, set: { theme: 'dark', mood: 'calm' } }),
      () => host.do('room:attributes', { ...room, set: { theme: 'light' }, delete: ['mood'] }),
      () => host.do('seat:unlock', { ...room, seat: 7 }),
      () => host.do('seat:unmute', { ...room, seat: 3 }),
      () => other.command('mic:set', { on: false }),
      () => client.command('seat:move', { seat: 10 }),
      () => client.command('seat:leave'),
      () => host.do('room:update', { ...room, seatMode: 'request', seatCount: 5 }),
      () => client.command('request:send', { note: 'hello' }),
    ];
    for (const step of steps) {
      await step();
      const shown = await snapshotOf(watcher);
      await expect.poll(() => followed(client)).toEqual(shown);
    }
    watcher.close();
  });

  test('[SYNC-7][SYNC-8] becomes staff, is shown the whole room, and follows the queue', async () => {
    const { client } = join('guest');
    const asking = join('asking').client;
    await asking.command('seat:take');
    const room = { roomId };
    await host.do('room:update', { ...room, seatMode: 'request' });
    await expect.poll(() => client.you?.role).toBe('member');
    await host.do('admin:add', { ...room, userId: guest });
    await expect.poll(() => client.you?.role).toBe('admin');
    await asking.command('seat:leave');
    await asking.command('request:send', { note: 'first' });
    await asking.command('request:send', { note: 'second' });
    await host.do('invite:send', { ...room, userId: guest });
    await expect.poll(() => client.room?.requests?.map(({ note }) => note)).toEqual(['second']);
    await expect.poll(() => followed(client)).toEqual(await snapshotOf(host));
    await client.command('request:accept', { userId: 'asking' });
    await client.command('invite:decline');
    await expect.poll(() => followed(client)).toEqual(await snapshotOf(host));
    expect(client.room?.requests).toEqual([]);
  });

  test('[PRES-1][SYNC-2] comes back after an interruption, resumes, and has its seat still', async () => {
    const { client, entered } = join('guest');
    await client.command('seat:take', { seat: 3 });
    client.socket.io.engine.close();
    await expect.poll(() => client.socket.connected).toBe(false);
    await host.do('room:update', { roomId, title: 'Meanwhile' });
    await expect.poll(() => entered, { timeout: 10_000 }).toEqual(['snapshot', 'resumed']);
    expect(client.room?.title).toBe('Meanwhile');
    await expect.poll(() => client.room?.seats[3]?.occupant).toMatchObject({ userId: 'guest', awayUntil: null });
    await expect.poll(() => followed(client)).toEqual(await snapshotOf(host).then(asMember));
  });

  test('[SYNC-1][SYNC-2] finds that a packet is missing, and asks for what it missed', async () => {
    const { client, entered } = join('guest');
    await client.command('seat:take', { seat: 3 });
    await expect.poll(() => client.room?.seats[3]?.occupant?.userId).toBe('guest');
    const deliver = client.socket.onevent.bind(client.socket);
    const lost: unknown[] = [];
    client.socket.onevent = (packet) => {
      if (packet.data[0] === 'room:events' && lost.length === 0) lost.push(packet);
      else deliver(packet);
    };
    await host.do('room:update', { roomId, title: 'Unheard' });
    await expect.poll(() => lost.length).toBe(1);
    await host.do('room:update', { roomId, notice: 'Heard' });
    await expect.poll(() => client.room).toMatchObject({ title: 'Unheard', notice: 'Heard' });
    expect(entered).toEqual(['snapshot']);
  });

  test('[ACK-2] waits with a command for the way back into the room', async () => {
    const { client } = join('guest');
    await client.command('seat:take', { seat: 3 });
    client.socket.io.engine.close();
    expect(await client.command('seat:move', { seat: 5 })).toMatchObject({ ok: true, data: { seat: 5 } });
  });

  test('[CONN-3] gets a new token when its own has expired', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const expired = await signToken({ sub: 'guest', iat: now - 600, exp: now - 60 }, TEST_SECRET);
    const getToken = ({ isExpired }: { readonly isExpired: boolean }) =>
      isExpired ? devToken(app.url, { userId: 'guest' }) : expired;
    const { entered } = join('guest', { getToken });
    await expect.poll(() => entered).toEqual(['snapshot']);
  });

  test('[CONN-3] does not try again when it is refused for good', async () => {
    const refusals: string[] = [];
    const { client } = join('guest', {
      getToken: () => 'no token',
      onRefused: ({ code }) => void refusals.push(code),
    });
    await expect.poll(() => refusals).toEqual(['UNAUTHENTICATED']);
    expect(client.socket.connected).toBe(false);
  });

  test('[PRES-6] hears that it was put out, and stays out', async () => {
    const { client, left, entered } = join('guest');
    await client.command('seat:take');
    await host.do('member:kick', { roomId, userId: guest });
    await expect.poll(() => left).toEqual(['kicked']);
    expect(client.room).toBeNull();
    expect(await client.command('seat:take')).toMatchObject({ ok: false, error: { code: 'NOT_A_MEMBER' } });
    client.socket.io.engine.close();
    await expect.poll(() => client.socket.connected).toBe(false);
    await expect.poll(() => client.socket.connected, { timeout: 10_000 }).toBe(true);
    expect(entered).toEqual(['snapshot']);
  });
});

const asMember = ({ requests: _, invitations: __, ...room }: Room): unknown => room;

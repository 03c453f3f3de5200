// A user with several connections and nodes: how many connections they may have, and what a revocation does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signToken } from '../../src/auth/authenticator-jwt.ts';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import type { MemoryUserFeed } from '../../src/feed/user-feed-memory.ts';
import { type AccountStore, SESSION_TTL_MS } from '../../src/store/account-store.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { AppClient } from '../support/app-client.ts';
import { aGate } from '../support/gate.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { userId } from '../support/stored-room.ts';
import { startTestApp, TEST_SECRET, type TestApp } from '../support/test-app.ts';

let clock: ManualClock;
let engines: Engines;
let here: TestApp;
let there: TestApp;
const clients: AppClient[] = [];

beforeEach(async () => {
  clock = new ManualClock(Math.floor(Date.now() / 1000) * 1000);
  engines = createMemoryEngines(clock);
  here = await startTestApp({}, { clock, engines });
  there = await startTestApp({}, { clock, engines });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all([here.stop(), there.stop()]);
});

const tokenFor = (sub: string) => {
  const iat = Math.floor(clock.now() / 1000);
  return signToken({ sub, iat, exp: iat + 86_400 }, TEST_SECRET);
};
async function connect(app: TestApp, user: string, token?: string): Promise<AppClient> {
  const client = new AppClient(app.url, { token: token ?? (await tokenFor(user)), protocol: '1' });
  clients.push(client);
  return client.connect();
}
const closings = (client: AppClient) => client.payloadsOf('session:closing').map(({ code }) => code);
const ended = (client: AppClient) => expect.poll(() => client.socket.connected).toBe(false);
const stageEvents = (client: AppClient) =>
  client.payloadsOf('room:events').flatMap(({ updates }) => updates.flatMap(({ events }) => events));

/** The engines of a node with another account store. */
const withAccounts = (accounts: Partial<AccountStore>): Engines => ({
  ...engines,
  accounts: new Proxy(engines.accounts, {
    get: (store, name: keyof AccountStore) => accounts[name] ?? store[name].bind(store),
  }),
});
/** The engines of a node that never gets news of users. */
const withoutUserFeed = (): Engines => ({ ...engines, userFeed: { subscribe: async () => async () => undefined } });

describe('connections of a user', () => {
  test('[CONN-14][CONN-10] the sixth connection closes the oldest one, on any node, which does not reconnect', async () => {
    const open: AppClient[] = [];
    for (let index = 0; index < 5; index++) open.push(await connect(index % 2 ? here : there, 'alice'));
    const other = await connect(here, 'bob');
    const sixth = await connect(here, 'alice');
    const [oldest, ...others] = open as [AppClient, ...AppClient[]];
    await ended(oldest);
    expect(oldest.payloadsOf('session:closing')).toMatchObject([{ code: 'REPLACED', reconnect: 'never' }]);
    expect(oldest.socket.active).toBe(false);
    for (const client of [...others, sixth, other]) {
      expect((await client.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    }
  });

  test('[CONN-14] an ended connection does not count', async () => {
    const released = aGate();
    const release: AccountStore['release'] = async (session) => {
      await engines.accounts.release(session);
      released.open();
    };
    const node = await startTestApp({}, { clock, engines: withAccounts({ release }) });
    const open: AppClient[] = [];
    for (let index = 0; index < 5; index++) open.push(await connect(node, 'alice'));
    open[2]?.close();
    await released.opened;
    const sixth = await connect(there, 'alice');
    expect((await sixth.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    expect(open.flatMap(closings)).toEqual([]);
    await node.stop();
  });

  test('[CONN-14] a replaced connection whose node missed the news is closed by the next keep-alive', async () => {
    const node = await startTestApp({}, { clock, engines: withoutUserFeed() });
    const oldest = await connect(node, 'alice');
    for (let index = 0; index < 5; index++) await connect(here, 'alice');
    expect(closings(oldest)).toEqual([]);
    await clock.advance(SESSION_TTL_MS / 3);
    await expect.poll(() => closings(oldest)).toEqual(['REPLACED']);
    await node.stop();
  });

  test('[CONN-14] a session stays in the store as long as its connection is open', async () => {
    const oldest = await connect(here, 'alice');
    await clock.advance(SESSION_TTL_MS * 2);
    for (let index = 0; index < 5; index++) await connect(there, 'alice');
    await expect.poll(() => closings(oldest)).toEqual(['REPLACED']);
  });
});

describe('a revocation', () => {
  test('[CONN-13] ends connections and seats on all nodes at once, and the other members see it', async () => {
    const owner = await connect(here, 'owner');
    await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
    const [speaker, listener] = [await connect(there, 'alice'), await connect(here, 'alice')];
    await speaker.do('room:join', { roomId: 'r1' });
    await speaker.do('seat:take', { roomId: 'r1', seat: 3 });
    await owner.do('room:create', { roomId: 'r2', title: 'B' });
    await listener.do('room:join', { roomId: 'r2' });

    await here.userSessions.revoke(userId('alice'));
    for (const client of [speaker, listener]) {
      await ended(client);
      expect(client.received.slice(-2)).toMatchObject([
        { event: 'room:left', payload: { reason: 'revoked' } },
        { event: 'session:closing', payload: { code: 'REVOKED', reconnect: 'never' } },
      ]);
      expect(client.socket.active).toBe(false);
    }
    await expect.poll(() => stageEvents(owner).at(-1)).toMatchObject({ type: 'seat.left', seat: 3, reason: 'service' });
    for (const roomId of ['r1', 'r2']) {
      await expect
        .poll(() => owner.payloadsOf('room:audience').filter((one) => one.roomId === roomId && one.left))
        .toMatchObject([{ left: [{ userId: 'alice' }] }]);
    }
    expect((await owner.refused('room:sync', {})).code).toBe('BAD_REQUEST');
  });

  test('[CONN-13] also ends graces: of a seat, and of a listener', async () => {
    const owner = await connect(here, 'owner');
    await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
    await owner.do('room:create', { roomId: 'r2', title: 'B' });
    const alice = await connect(there, 'alice');
    await alice.do('room:join', { roomId: 'r1' });
    await alice.do('seat:take', { roomId: 'r1', seat: 3 });
    await alice.do('room:join', { roomId: 'r2' });
    alice.close();
    await expect.poll(() => stageEvents(owner).at(-1)?.type).toBe('seat.away');
    await there.userSessions.revoke(userId('alice'));
    await expect.poll(() => stageEvents(owner).at(-1)).toMatchObject({ type: 'seat.left', seat: 3, reason: 'service' });
    await expect
      .poll(() =>
        owner
          .payloadsOf('room:audience')
          .filter(({ left }) => left)
          .map(({ roomId }) => roomId)
          .sort(),
      )
      .toEqual(['r1', 'r2']);
  });

  test('[CONN-13] refuses older tokens on all nodes, and accepts newer ones', async () => {
    const old = await tokenFor('alice');
    const alice = await connect(here, 'alice', old);
    await here.userSessions.revoke(userId('alice'));
    await ended(alice);
    await expect(connect(there, 'alice', old)).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
    const statusWith = (token: string) =>
      fetch(`${there.url}/v1/rooms`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);
    expect(await statusWith(old)).toBe(401);
    await clock.advance(1_000);
    const fresh = await tokenFor('alice');
    expect(await statusWith(fresh)).toBe(200);
    const again = await connect(there, 'alice', fresh);
    expect((await again.refused('session:renew', { token: old })).code).toBe('UNAUTHENTICATED');
    // The news arrives again: it must not end the session of the newer token.
    await clock.advance(10_000);
    expect((await again.refused('room:sync', {})).code).toBe('BAD_REQUEST');
  });

  test('[CONN-13][CONN-5] a connection that has shown a newer token since stays', async () => {
    const alice = await connect(here, 'alice');
    await clock.advance(5_000);
    const { at } = await engines.accounts.revoke(userId('nobody'), null);
    await alice.do('session:renew', { token: await tokenFor('alice') });
    const news = { kind: 'revoked', userId: userId('alice'), at: at - 2_000 } as const;
    (engines.userFeed as MemoryUserFeed).publish(news);
    await clock.advance(0);
    expect((await alice.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    expect(closings(alice)).toEqual([]);
  });

  test('[CONN-13] a node that missed the news enforces it within 5 s', async () => {
    const node = await startTestApp({}, { clock, engines: withoutUserFeed() });
    const alice = await connect(node, 'alice');
    await clock.advance(60_000);
    await here.userSessions.revoke(userId('alice'));
    await clock.advance(5_000);
    await expect.poll(() => closings(alice)).toEqual(['REVOKED']);
    await node.stop();
  });

  test('[CONN-13] a revocation during a handshake refuses the connection', async () => {
    const [reached, gate] = [aGate(), aGate()];
    const admit: AccountStore['admit'] = async (admission) => {
      const result = await engines.accounts.admit(admission);
      reached.open();
      await gate.opened;
      return result;
    };
    const node = await startTestApp({}, { clock, engines: withAccounts({ admit }) });
    const arriving = connect(node, 'alice');
    const refused = expect(arriving).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
    await reached.opened;
    await here.userSessions.revoke(userId('alice'));
    await clock.advance(0);
    gate.open();
    await refused;
    await node.stop();
  });
});

describe('while the account store is away', () => {
  let isAway: boolean;
  let node: TestApp;
  const orAway =
    <Args extends unknown[], Result>(method: (...args: Args) => Promise<Result>) =>
    (...args: Args) =>
      isAway ? Promise.reject(new StoreUnavailableError('away')) : method.apply(engines.accounts, args);

  beforeEach(async () => {
    isAway = false;
    const { admit, isRevoked } = engines.accounts;
    node = await startTestApp(
      {},
      { clock, engines: withAccounts({ admit: orAway(admit), isRevoked: orAway(isRevoked) }) },
    );
  });
  afterEach(() => node.stop());

  test('[CONN-3][ACK-4] no connection is admitted and none is refused for good: clients try again by themselves', async () => {
    isAway = true;
    const client = new AppClient(node.url, { token: await tokenFor('alice'), protocol: '1' });
    clients.push(client);
    let ends = 0;
    client.socket.io.on('close', () => {
      ends++;
      isAway = false;
    });
    await client.connect();
    expect(ends).toBe(1);
  });

  test('[CONN-3][ACK-4] open sessions stay; renewal and HTTP get UNAVAILABLE', async () => {
    const alice = await connect(node, 'alice');
    const token = await tokenFor('alice');
    isAway = true;
    const error = await alice.refused('session:renew', { token });
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true, retryAfterMs: expect.any(Number) });
    const answer = await fetch(`${node.url}/v1/rooms`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(503);
    isAway = false;
    expect((await alice.ask('session:renew', { token })).ok).toBe(true);
  });
});

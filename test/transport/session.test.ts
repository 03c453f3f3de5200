// The states of a session on real sockets: reminded, renewed, closed; and what the client does next.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signToken } from '../../src/auth/authenticator-jwt.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { AppClient } from '../support/app-client.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { roomId } from '../support/stored-room.ts';
import { startTestApp, TEST_SECRET, type TestApp } from '../support/test-app.ts';

const LIFE_S = 600;

/** Cuts timers short, as real ones are cut at 2^31 − 1 ms. */
class ImpatientClock extends ManualClock {
  override after(delayMs: number, task: () => void) {
    return super.after(Math.min(delayMs, 50_000), task);
  }
}

let clock: ManualClock;
let app: TestApp;
let client: AppClient;
let expiresAt: number;

const tokenFor = (more: Record<string, unknown> = {}) => {
  const iat = Math.floor(clock.now() / 1000);
  return signToken({ sub: 'alice', iat, exp: iat + LIFE_S, ...more }, TEST_SECRET);
};

beforeEach(async () => {
  clock = new ManualClock(Math.floor(Date.now() / 1000) * 1000);
  app = await startTestApp({}, { clock });
  client = await new AppClient(app.url, { token: await tokenFor(), protocol: '1' }).connect();
  await expect.poll(() => client.payloadsOf('session:ready')).toHaveLength(1);
  expiresAt = client.payloadsOf('session:ready')[0]?.tokenExpiresAt ?? 0;
});
afterEach(async () => {
  client.close();
  await app.stop();
});

const ended = (one: AppClient) => new Promise<string>((resolve) => one.socket.once('disconnect', resolve));

describe('reminded', () => {
  test('[CONN-5] a minute before the token runs out, once', async () => {
    await clock.advance(LIFE_S * 1000 - 60_000 - 1);
    expect((await client.ask('room:sync', {})).ok).toBe(false);
    expect(client.payloadsOf('session:expiring')).toEqual([]);
    await clock.advance(1);
    await expect.poll(() => client.payloadsOf('session:expiring')).toEqual([{ at: expiresAt }]);
    await clock.advance(30_000);
    await client.ask('room:sync', {});
    expect(client.payloadsOf('session:expiring')).toHaveLength(1);
  });

  test('[CONN-5] a token that outlives the longest timer is not cut short', async () => {
    const impatient = new ImpatientClock(clock.now());
    const other = await startTestApp({}, { clock: impatient });
    const lasting = await new AppClient(other.url, { token: await tokenFor(), protocol: '1' }).connect();
    await impatient.advance(LIFE_S * 1000 - 60_001);
    expect((await lasting.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    expect(lasting.payloadsOf('session:expiring')).toEqual([]);
    await impatient.advance(1);
    await expect.poll(() => lasting.payloadsOf('session:expiring')).toHaveLength(1);
    lasting.close();
    await other.stop();
  });
});

describe('renewed', () => {
  test('[CONN-5] the session goes on until the new token ends, and is reminded of that one', async () => {
    await clock.advance(LIFE_S * 1000 - 30_000);
    const token = await tokenFor();
    expect(await client.do('session:renew', { token })).toEqual({ tokenExpiresAt: expiresAt + 570_000 });
    await clock.advance(90_000);
    expect((await client.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    await clock.advance(LIFE_S * 1000 - 90_000 - 60_000);
    await expect
      .poll(() => client.payloadsOf('session:expiring'))
      .toEqual([{ at: expiresAt }, { at: expiresAt + 570_000 }]);
  });

  test('[CONN-5] also within the half minute after `exp`', async () => {
    await clock.advance(LIFE_S * 1000 + 29_000);
    expect((await client.ask('session:renew', { token: await tokenFor() })).ok).toBe(true);
    await clock.advance(2_000);
    expect((await client.refused('room:sync', {})).code).toBe('BAD_REQUEST');
  });

  test('[CONN-5] the new name shows in rooms that are joined from then on', async () => {
    await client.do('session:renew', { token: await tokenFor({ name: 'Alice the Second' }) });
    const { room } = await client.do('room:create', { title: 'A' });
    expect(room.audience.members).toMatchObject([{ userId: 'alice', name: 'Alice the Second' }]);
  });

  test.each([
    ['somebody else’s', { sub: 'bob' }, 'FORBIDDEN'],
    ['a service’s', { scope: 'service' }, 'FORBIDDEN'],
    ['an expired one', { exp: 1_000 }, 'TOKEN_EXPIRED'],
    ['one without a user', { sub: undefined }, 'UNAUTHENTICATED'],
  ])('[CONN-5] a token that is %s changes nothing', async (_whose, claims, code) => {
    expect((await client.refused('session:renew', { token: await tokenFor(claims) })).code).toBe(code);
    await clock.advance(LIFE_S * 1000 - 60_000);
    await expect.poll(() => client.payloadsOf('session:expiring')).toEqual([{ at: expiresAt }]);
  });
});

describe('closed', () => {
  test('[CONN-5][CONN-6][CONN-10] half a minute after `exp`: told why, then back by itself with a new token', async () => {
    const end = ended(client);
    await clock.advance(LIFE_S * 1000 + 30_000);
    expect(await end).toBe('transport close');
    const [closing] = client.payloadsOf('session:closing');
    expect(serverEventSchemas['session:closing'].parse(closing)).toMatchObject({
      code: 'TOKEN_EXPIRED',
      reconnect: 'after',
    });
    expect(client.received.at(-1)?.event).toBe('session:closing');
    client.socket.auth = { token: await tokenFor(), protocol: '1' };
    await expect.poll(() => client.payloadsOf('session:ready'), { timeout: 10_000 }).toHaveLength(2);
  });

  test('[CONN-5] commands after that are not carried out', async () => {
    await clock.advance(LIFE_S * 1000 + 29_999);
    expect((await client.ask('room:create', { roomId: 'before', title: 'A' })).ok).toBe(true);
    client.socket.io.reconnection(false);
    const end = ended(client);
    const step = clock.advance(1);
    client.socket.emit('room:create', { roomId: 'after', title: 'A' });
    await Promise.all([step, end]);
    await app.rooms.idle();
    expect((await app.rooms.queries.getRoom(roomId('before'))).ok).toBe(true);
    expect((await app.rooms.queries.getRoom(roomId('after'))).ok).toBe(false);
  });

  test('[CONN-5] a command that comes before the timer of the end is refused as well', async () => {
    clock.jump(LIFE_S * 1000 + 30_000);
    expect((await client.refused('room:create', { title: 'A' })).code).toBe('TOKEN_EXPIRED');
  });

  test('[CONN-11] reserved names end that connection and no other', async () => {
    const other = await new AppClient(app.url, { token: await tokenFor({ sub: 'bob' }), protocol: '1' }).connect();
    const end = ended(client);
    client.socket.io.reconnection(false);
    // socket.io-client refuses to send such names; a hostile one does not.
    client.socket.io.engine.write('42["disconnect",{}]');
    expect(await end).toMatch(/transport close|parse error/);
    expect((await other.refused('room:sync', {})).code).toBe('BAD_REQUEST');
    other.close();
  });
});

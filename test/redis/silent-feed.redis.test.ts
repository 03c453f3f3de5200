// Probes find a feed link that falls silent while commands go on; it is replaced within 5 s.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import { redisEngines } from '../support/redis-engines.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { aCommit, aStoredRoom, roomId, titled, uniqueId, userId } from '../support/stored-room.ts';
import { BLACK_HOLE, CLEAR, linkOf, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { RoomLoad } from './room-load.ts';

/** No listener is without news for longer. */
const STARVATION_MS = 5_000;
/** By then a link without any answer is given up, also on a busy machine. */
const GIVEN_UP_MS = 10_000;
let server: RedisServer;
let proxy: TcpProxy;
let writer: Engines;
let listener: Engines;

beforeAll(async () => {
  server = await startRedis();
  proxy = await startTcpProxy(Number(new URL(server.url).port));
  writer = await redisEngines(server.url);
  listener = await redisEngines(`redis://127.0.0.1:${proxy.port}`);
});

afterAll(async () => {
  for (const engines of [writer, listener]) engines?.close();
  await proxy?.stop();
  await server?.stop();
});

describe('the subscription link in a black hole', () => {
  test('[SYNC-3][D4] rooms get news again, after a possible gap, within 5 s; commands do not notice', async () => {
    const load = await new RoomLoad({ writer, listener }).start();
    await load.further(5);
    linkOf(proxy, 'maiwei-subscriptions').weather = BLACK_HOLE;
    await expect.poll(() => load.gaps, { timeout: STARVATION_MS, interval: 20 }).toBe(1);
    expect(await listener.isHealthy()).toBe(true);
    await load.further(5);
    await load.stop();
    expect(load.silenceMs).toBeGreaterThan(1_000);
    expect(load.silenceMs).toBeLessThan(STARVATION_MS);
    expect(load.failed).toBe(0);
  });

  test('[CONN-13][D4] so does the feed of users', async () => {
    let gaps = 0;
    const received: string[] = [];
    await listener.userFeed.subscribe({
      onNews: (news) => void received.push(news.userId),
      onPossibleGap: () => {
        gaps += 1;
      },
    });
    linkOf(proxy, 'maiwei-subscriptions').weather = BLACK_HOLE;
    await expect.poll(() => gaps, { timeout: STARVATION_MS, interval: 20 }).toBe(1);
    const user = userId(uniqueId('user'));
    await writer.accounts.revoke(user, null);
    await expect.poll(() => received).toEqual([user]);
  });

  test('[D4] a healthy link is not replaced, also when it is slow', async () => {
    const link = linkOf(proxy, 'maiwei-subscriptions');
    link.weather = { delayMs: 400 };
    const load = await new RoomLoad({ writer, listener }).start();
    await load.further(200);
    await load.stop();
    expect(load.gaps).toBe(0);
    expect(linkOf(proxy, 'maiwei-subscriptions')).toBe(link);
    link.weather = null;
  });
});

describe('everything between a node and Redis in a black hole', () => {
  test('[PRES-3] no news that TCP has kept is delivered: the first call is a possible gap', async () => {
    const link = linkOf(proxy, 'maiwei-subscriptions');
    const room = aStoredRoom(writer.store, roomId(uniqueId('room')));
    const calls: string[] = [];
    await writer.store.create(room, null);
    await listener.feed.subscribe(room.state.roomId, {
      onNews: ({ kind }) => void calls.push(kind),
      onPossibleGap: () => void calls.push('gap'),
    });
    proxy.weather = BLACK_HOLE;
    const commit = aCommit(writer.store, room, { events: [titled('Old news', writer.store.now())] });
    expect((await writer.store.commit(commit)).status).toBe('committed');
    const isGivenUp = () => linkOf(proxy, 'maiwei-subscriptions') !== link;
    await until(isGivenUp, { what: 'the link is given up', timeoutMs: GIVEN_UP_MS });
    proxy.weather = CLEAR;
    await until(() => calls.length > 0, { what: 'the room hears something', timeoutMs: STARVATION_MS });
    expect(calls[0]).toBe('gap');
    expect(calls).not.toContain('commit');
  });

  test('[D4][D18] a link that still delivers news is kept, however long commands get no answer', async () => {
    const link = linkOf(proxy, 'maiwei-subscriptions');
    const load = await new RoomLoad({ writer, listener }).start();
    await load.further(5);
    link.weather = CLEAR;
    proxy.weather = BLACK_HOLE;
    const from = performance.now();
    while (performance.now() - from < GIVEN_UP_MS) await load.further(20);
    expect(linkOf(proxy, 'maiwei-subscriptions')).toBe(link);
    expect(load.silenceMs).toBeLessThan(1_000);
    proxy.weather = CLEAR;
    link.weather = null;
    await load.stop();
  });
});

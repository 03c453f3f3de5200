// How the stock server copes with slow readers and with clients that never finish.
import { io } from 'socket.io-client';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { startRedis } from '../../support/redis-server.ts';
import { type ServerProcess, startServerProcess } from '../../support/server-process.ts';
import { within } from '../deadline.ts';
import { idle, portOf } from '../hostile/idle-sockets.ts';
import { SlowReader } from '../hostile/slow-reader.ts';
import { program, type StockFigures } from './play.ts';

const ROOM = 'stock';
/** As large as the messages sent to Maiwei. */
const LARGE = 'x'.repeat(1_900);
const SAY_FOR_MS = 20_000;
const SAY_EACH_MS = 10;
const AT_ONCE = 10;
const IDLE_EACH = 50;
/** Node's own limits are a minute, and half a minute more. */
const IDLE_WAIT_MS = 100_000;

async function withServer(act: (server: ServerProcess) => Promise<StockFigures>): Promise<StockFigures> {
  const redis = await startRedis();
  try {
    const server = await startServerProcess({ REDIS_URL: redis.url }, program);
    try {
      return await act(server);
    } finally {
      server.process.kill('SIGKILL');
      await server.stop();
    }
  } finally {
    await redis.stop();
  }
}

/**
 * One client does not read while some hundred messages a second are sent, for 20 s. Resolves with the largest queue for
 * it.
 */
export const stockSlowReaders = (): Promise<StockFigures> =>
  withServer(async (server) => {
    const reader = await SlowReader.enter({
      url: server.url,
      token: 'none',
      enter: `420["join",{"roomId":"${ROOM}"}]`,
      isIn: '430[',
      bytesPerSecond: 0,
    });
    const speaker = io(server.url, { transports: ['websocket'], auth: { userId: 'speaker' }, forceNew: true });
    await within(new Promise<void>((resolve) => speaker.on('connect', resolve)), 'a stock speaker');
    const until = monotonicMs() + SAY_FOR_MS;
    while (monotonicMs() < until) {
      for (let count = 0; count < AT_ONCE; count++) speaker.emit('beat', { roomId: ROOM, number: LARGE });
      await pauseMs(SAY_EACH_MS);
    }
    const [, bytes = '0'] = [...server.output().matchAll(/watch: (\d+) bytes wait/g)].at(-1) ?? [];
    speaker.disconnect();
    reader.close();
    return { queued: [Number(bytes) / 2 ** 20] };
  });

export const stockSlowloris = (): Promise<StockFigures> =>
  withServer(async (server) => ({
    freed: await idle({ ports: [portOf(server.url)], count: IDLE_EACH, waitMs: IDLE_WAIT_MS }),
  }));

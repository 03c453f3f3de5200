// The same faults against the stock server, for those figures of the table that it can reach.
import { fileURLToPath } from 'node:url';
import { io, type Socket } from 'socket.io-client';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { type ServerProcess, startServerProcess } from '../../support/server-process.ts';
import { BLACK_HOLE, startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { untilTrue, within } from '../deadline.ts';
import { remember } from '../running.ts';

export interface StockNode {
  readonly server: ServerProcess;
  readonly proxy: TcpProxy;
}

export const program = {
  command: [process.execPath, fileURLToPath(new URL('server.mjs', import.meta.url))],
  listening: 'The stock server is listening',
};
const ROOM = 'stock';
const BEAT_EACH_MS = 50;

/** Milliseconds; Infinity: not within the wait. */
export type StockFigures = Readonly<Record<string, readonly number[]>>;

interface StockScene {
  redis: RedisServer;
  readonly nodes: readonly StockNode[];
  readonly vanished: StockClient;
  /** One client on each node. */
  readonly others: readonly StockClient[];
}

class StockClient {
  readonly socket: Socket;
  readonly seats = new Map<string, string>();
  readonly beats: { readonly number: number; readonly at: number }[] = [];

  constructor(userId: string, url: string) {
    this.socket = io(url, { transports: ['websocket'], auth: { userId }, forceNew: true, autoConnect: false });
    this.socket.on('taken', ({ seat, userId: who }: { seat: number; userId: string }) =>
      this.seats.set(String(seat), who),
    );
    this.socket.on('left', ({ seat }: { seat: number }) => this.seats.delete(String(seat)));
    this.socket.on('beat', ({ number }: { number: number }) => this.beats.push({ number, at: monotonicMs() }));
    this.socket.on('connect', () => this.socket.emit('join', { roomId: ROOM }, this.#take));
  }

  readonly #take = ({ seats }: { seats: Record<string, string> }) => {
    this.seats.clear();
    for (const [seat, who] of Object.entries(seats)) this.seats.set(seat, who);
    this.isIn = true;
  };
  isIn = false;
}

async function scene(act: (scene: StockScene) => Promise<StockFigures>): Promise<StockFigures> {
  const redis = await startRedis();
  const nodes: StockNode[] = [];
  const clients: StockClient[] = [];
  const stage: { redis: RedisServer } = { redis };
  const stop = async () => {
    for (const { socket } of clients) socket.disconnect();
    for (const { server, proxy } of nodes) {
      server.process.kill('SIGKILL');
      await server.stop();
      await proxy.stop();
    }
    await stage.redis.stop();
  };
  const forget = remember(stop);
  try {
    for (let index = 0; index < 3; index++) {
      const proxy = await startTcpProxy(Number(new URL(redis.url).port));
      const server = await startServerProcess({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` }, program);
      nodes.push({ server, proxy });
    }
    for (const [index, { server }] of nodes.entries()) clients.push(new StockClient(`user-${index}`, server.url));
    clients.push(new StockClient('ghost', (nodes[0] as StockNode).server.url));
    for (const one of clients) one.socket.connect();
    await untilTrue(() => clients.every(({ isIn }) => isIn), 10_000);
    const vanished = clients.at(-1) as StockClient;
    await within(
      new Promise((resolve) => vanished.socket.emit('take', { roomId: ROOM, seat: 1 }, resolve)),
      'a stock seat',
    );
    await untilTrue(() => clients.every(({ seats }) => seats.get('1') === 'ghost'), 5_000);
    const others = clients.slice(0, -1);
    return await act(Object.assign(stage, { nodes, vanished, others }));
  } finally {
    await stop();
    forget();
  }
}

/** The server of one client is killed, and the client does not come back. How long do the others see it on the seat? */
export const stockKill = (waitMs: number): Promise<StockFigures> =>
  scene(async ({ nodes, vanished, others }) => {
    vanished.socket.io.reconnection(false);
    vanished.socket.io.engine.close();
    nodes[0]?.server.process.kill('SIGKILL');
    const watchers = others.slice(1);
    const ms = await untilTrue(() => watchers.every(({ seats }) => !seats.has('1')), waitMs);
    return { marked: [ms ?? Number.POSITIVE_INFINITY] };
  });

/** Redis comes back empty. How long until all clients see the same seats as a new client? */
export const stockRestart = (waitMs: number): Promise<StockFigures> =>
  scene(async (stage) => {
    const port = new URL(stage.redis.url).port;
    await stage.redis.stop();
    stage.redis = await startRedis('--port', port);
    for (const { proxy } of stage.nodes) proxy.cut();
    await pauseMs(1_000);
    const newcomer = new StockClient('newcomer', (stage.nodes[1] as StockNode).server.url);
    newcomer.socket.connect();
    const isSame = () => newcomer.isIn && stage.others.every(({ seats }) => seats.get('1') === newcomer.seats.get('1'));
    const ms = await untilTrue(isSame, waitMs);
    newcomer.socket.disconnect();
    return { whole: [ms ?? Number.POSITIVE_INFINITY], resynced: [ms ?? Number.POSITIVE_INFINITY] };
  });

/** The subscriptions of one server fall silent. How long do its clients get nothing while others do? */
export const stockFeedHole = (waitMs: number): Promise<StockFigures> =>
  scene(async ({ nodes, others }) => {
    const [first, deaf] = others as [StockClient, StockClient];
    for (const link of nodes[1]?.proxy.links() ?? []) {
      if (/\r\np?subscribe\r\n/i.test(link.firstText)) link.weather = BLACK_HOLE;
    }
    const from = monotonicMs();
    let number = 0;
    while (monotonicMs() - from < waitMs) {
      first.socket.emit('beat', { roomId: ROOM, number: number++ });
      await pauseMs(BEAT_EACH_MS);
      if (deaf.beats.some(({ at }) => at > from + 1_000)) break;
    }
    const firstBeat = deaf.beats.find(({ at }) => at > from + 1_000);
    return { starvation: [firstBeat ? firstBeat.at - from : Number.POSITIVE_INFINITY] };
  });

// A real master with replicas and three Sentinels of this test's own, on free ports and in private directories.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { RedisTopology } from '../../src/redis/topology.ts';
import { freePort } from './free-port.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

const NAME = 'maiwei';
/** The password of the Sentinels; the servers have none. */
const PASSWORD = 'a password of the Sentinels of this test';

export interface SentinelGroup {
  readonly topology: Extract<RedisTopology, { kind: 'sentinel' }>;
  /** The servers, the first master before the replicas. */
  readonly servers: readonly SentinelServer[];
  /** The master, as a Sentinel says. */
  master(): Promise<SentinelServer>;
  /** Makes another server the master while all servers are well. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

/** A server and the proxy before it, by whose port all others know it. */
export interface SentinelServer extends RedisServer {
  readonly proxy: TcpProxy;
}

interface Options {
  readonly replicas?: number;
  /** How long a server is silent before a Sentinel counts it as dead. */
  readonly downAfterMs?: number;
}

/** Resolves when the replicas are in step and the Sentinels know all of them and each other. */
export async function startSentinelGroup({ replicas = 2, downAfterMs = 1_000 }: Options = {}): Promise<SentinelGroup> {
  const master = await startServer();
  const { port } = master.proxy;
  const followers = Array.from({ length: replicas }, () => startServer('--replicaof', `127.0.0.1 ${port}`));
  const servers = [master, ...(await Promise.all(followers))];
  const watched = await asked(master.url);
  const online = async () => (await watched.info('replication')).match(/state=online/g)?.length ?? 0;
  await until(async () => (await online()) === replicas, { what: 'the replicas follow' });
  watched.disconnect();
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel({ port, downAfterMs })));
  const [first] = sentinels as [Sentinel];
  for (const { redis } of sentinels) {
    const known = async () => {
      const fields = (await redis.call('SENTINEL', 'MASTER', NAME)) as string[];
      const field = (name: string) => fields[fields.indexOf(name) + 1];
      const all = [field('num-slaves'), field('num-other-sentinels'), field('flags')];
      return all.join() === `${replicas},2,master`;
    };
    await until(known, { what: 'the Sentinels know each other', timeoutMs: 30_000 });
  }
  return {
    topology: {
      kind: 'sentinel',
      sentinels: sentinels.map(({ address }) => address),
      name: NAME,
      url: null,
      sentinelAccess: { password: PASSWORD },
    },
    servers,
    async master() {
      const [, found] = (await first.redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as [string, string];
      const one = servers.find(({ proxy }) => proxy.port === Number(found));
      if (!one) throw new Error(`no server is at ${found}`);
      return one;
    },
    async failOver() {
      await first.redis.call('SENTINEL', 'FAILOVER', NAME);
    },
    async stop() {
      for (const { redis, stop } of sentinels) {
        redis.disconnect();
        await stop();
      }
      for (const server of servers) await server.stop();
    },
  };
}

async function startServer(...settings: string[]): Promise<SentinelServer> {
  const proxy = await startTcpProxy(0);
  const announced = ['--replica-announce-ip', '127.0.0.1', '--replica-announce-port', String(proxy.port)];
  const server = await startRedis('--repl-diskless-sync-delay', '0', ...announced, ...settings);
  proxy.target = Number(new URL(server.url).port);
  const stop = async () => {
    await server.stop();
    await proxy.stop();
  };
  return { ...server, proxy, stop };
}

async function asked(url: string): Promise<Redis> {
  const redis = new Redis(url, { retryStrategy: () => 50 });
  redis.on('error', () => undefined);
  await until(() => redis.status === 'ready', { what: 'it answers' });
  return redis;
}

interface Sentinel {
  readonly address: { readonly host: string; readonly port: number };
  readonly redis: Redis;
  stop(): Promise<void>;
}

async function startSentinel({ port: master, downAfterMs }: { port: number; downAfterMs: number }): Promise<Sentinel> {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'maiwei-sentinel-'));
  const file = join(directory, 'sentinel.conf');
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `requirepass "${PASSWORD}"`,
    `dir ${directory}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${master} 2`,
    `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${NAME} 6000`,
    `sentinel parallel-syncs ${NAME} 2`,
  ];
  await writeFile(file, `${settings.join('\n')}\n`);
  const child: ChildProcess = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdout?.resume();
  const redis = await asked(`redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`);
  return {
    address: { host: '127.0.0.1', port },
    redis,
    async stop() {
      child.kill('SIGKILL');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

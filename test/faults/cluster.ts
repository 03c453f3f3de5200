// Three real server processes on one real Redis. Each is behind a proxy of its own, so that it can be cut off alone.
import { startRedis } from '../support/redis-server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { CLEAR, type ProxyLink, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { Directory } from './directory.ts';
import type { StoreKind } from './rows/row.ts';
import { remember } from './running.ts';
import { portBehindProxies, type Store, startStore, stopStore, storeSettings } from './store.ts';

export const SECRET = 'a secret of the fault harness, 32 letters';

export interface ClusterNode {
  readonly name: string;
  readonly server: ServerProcess;
  /** The proxy between this node and Redis. */
  readonly proxy: TcpProxy;
  state: 'up' | 'stopped' | 'dead';
}

export interface ClusterOptions {
  readonly nodes?: number;
  /** Settings of all nodes, and settings of single nodes by their numbers. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly environmentOf?: (index: number) => Readonly<Record<string, string>>;
}

/** The role of a link between a node and Redis, by its client name or by its first command. */
export function roleOf({ firstText }: ProxyLink): 'commands' | 'subscriptions' | 'users' {
  if (/maiwei-user|mw-request|mw#/.test(firstText)) return 'users';
  if (/maiwei-subscriptions|\r\ns?subscribe\r\n/i.test(firstText)) return 'subscriptions';
  return 'commands';
}

export class Cluster {
  readonly directory: Directory;
  nodes: ClusterNode[] = [];
  readonly store: Store;
  readonly #options: ClusterOptions;
  #started = 0;
  #isStopped = false;
  readonly #launched = new Set<Promise<ClusterNode>>();
  #forget = () => {};
  /** Complaints of processes that have been replaced. */
  readonly #formerComplaints: string[] = [];

  private constructor(store: Store, options: ClusterOptions) {
    this.store = store;
    this.#options = options;
    this.directory = new Directory(() => this.nodes);
  }

  static async start(kind: StoreKind, options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(await startStore(kind), options);
    cluster.#forget = remember(() => cluster.stop());
    try {
      for (let index = 0; index < (options.nodes ?? 3); index++) cluster.nodes.push(await cluster.#startNode(index));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    cluster.directory.start();
    return cluster;
  }

  /** The store, for rows that have declared which kind they need. Throws when the kind differs. */
  storeAs<Kind extends StoreKind>(kind: Kind): Extract<Store, { kind: Kind }> {
    if (this.store.kind !== kind) throw new Error(`this row needs another store than ${this.store.kind}`);
    return this.store as Extract<Store, { kind: Kind }>;
  }

  /** The one Redis server. */
  get redis(): Extract<Store, { kind: 'standalone' }> {
    return this.storeAs('standalone');
  }

  node(index: number): ClusterNode {
    const found = this.nodes[index % this.nodes.length];
    if (!found) throw new Error('a cluster without nodes');
    return found;
  }

  /** SIGKILL to its own process; resolves when the process is dead. */
  async kill(index: number): Promise<void> {
    const node = this.node(index);
    node.state = 'dead';
    node.server.process.kill('SIGKILL');
    await node.server.stop();
  }

  /** SIGTERM; resolves with the exit code. */
  async terminate(index: number): Promise<number | null> {
    const node = this.node(index);
    const code = await node.server.stop();
    node.state = 'dead';
    return code;
  }

  freeze(index: number): void {
    this.node(index).state = 'stopped';
    this.node(index).server.process.kill('SIGSTOP');
  }

  thaw(index: number): void {
    this.node(index).state = 'up';
    this.node(index).server.process.kill('SIGCONT');
  }

  /** Starts a new process in the slot of a dead one. */
  async replace(index: number): Promise<void> {
    const slot = index % this.nodes.length;
    this.#formerComplaints.push(...complaintsOf(this.node(slot)));
    await this.node(slot).proxy.stop();
    this.nodes[slot] = await this.#startNode(slot);
    await this.directory.look();
  }

  /** Redis ends and starts again at the same port, without data. */
  async restartRedis(): Promise<void> {
    const { url } = this.redis.redis;
    await this.redis.redis.stop();
    // A later value for the port overrides the one that was chosen for it.
    this.redis.redis = { ...(await startRedis('--port', new URL(url).port)), url };
    for (const { proxy } of this.nodes) proxy.cut();
  }

  /** Starts all dead nodes and clears all proxies. */
  async heal(): Promise<void> {
    for (const [index, node] of this.nodes.entries()) {
      node.proxy.weather = CLEAR;
      for (const link of node.proxy.links()) link.weather = null;
      if (node.state === 'stopped') this.thaw(index);
      if (node.state === 'dead') await this.replace(index);
    }
  }

  /** What the nodes have logged at level error or fatal, replaced processes included. */
  complaints(): string[] {
    return [...this.#formerComplaints, ...this.nodes.flatMap(complaintsOf)];
  }

  async stop(): Promise<void> {
    this.directory.stop();
    this.#isStopped = true;
    const launched = await Promise.allSettled(this.#launched);
    const all = launched.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await Promise.all(
      all.map(async ({ server, proxy }) => {
        server.process.kill('SIGKILL');
        await server.stop();
        await proxy.stop();
      }),
    );
    await stopStore(this.store);
    this.#forget();
  }

  /** Registered from the first moment on: a stop may come while it starts. */
  #startNode(index: number): Promise<ClusterNode> {
    if (this.#isStopped) return Promise.reject(new Error('the cluster has been stopped'));
    const node = this.#launch(index);
    this.#launched.add(node);
    return node;
  }

  async #launch(index: number): Promise<ClusterNode> {
    // Sentinels and Cluster nodes name each other's ports, so no link to them goes through a proxy.
    const proxy = await startTcpProxy(portBehindProxies(this.store) ?? 0);
    const { environment = {}, environmentOf } = this.#options;
    const server = await startServerProcess({
      ...storeSettings(this.store, proxy.port),
      JWT_SECRET: SECRET,
      RTC_PROVIDER: 'none',
      LOG_LEVEL: 'warn',
      LIMIT_COMMANDS_PER_SECOND: '1000',
      LIMIT_CHAT_PER_SECOND: '1000',
      DRAIN_MS: '3000',
      ...environment,
      ...environmentOf?.(index),
    }).catch(async (error: unknown) => {
      await proxy.stop();
      throw error;
    });
    return { name: `node-${index}.${++this.#started}`, server, proxy, state: 'up' };
  }
}

const complaintsOf = ({ name, server }: ClusterNode): string[] =>
  server
    .output()
    .split('\n')
    .filter((line) => /"level":(50|60)|Unhandled|uncaught/i.test(line))
    .map((line) => `${name}: ${line.slice(0, 300)}`);

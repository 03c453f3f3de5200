// One fault after the other, drawn from a deck that a seed has shuffled, so that each fault comes equally often.
import { pauseMs } from '../../bench/monotonic.ts';
import { BLACK_HOLE, CLEAR } from '../support/tcp-proxy.ts';
import { type Cluster, roleOf } from './cluster.ts';

type Dice = (below: number) => number;

/** Does the fault to the cluster. When it resolves all is repaired, except links that have yet to be found dead. */
type Fault = (cluster: Cluster, dice: Dice) => Promise<void>;

const freeze =
  (ms: number): Fault =>
  async (cluster, dice) => {
    const index = dice(cluster.nodes.length);
    cluster.freeze(index);
    await pauseMs(ms);
    cluster.thaw(index);
  };

const cutOff =
  (ms: number): Fault =>
  async (cluster, dice) => {
    const { proxy } = cluster.node(dice(cluster.nodes.length));
    proxy.weather = BLACK_HOLE;
    await pauseMs(ms);
    proxy.weather = CLEAR;
  };

const hole =
  (role: ReturnType<typeof roleOf>): Fault =>
  async (cluster, dice) => {
    const { proxy } = cluster.node(dice(cluster.nodes.length));
    for (const link of proxy.links()) if (roleOf(link) === role) link.weather = BLACK_HOLE;
  };

/** Only the last node: the memory of the others is watched, and a new process would start from zero. */
const last = ({ nodes }: Cluster): number => nodes.length - 1;

const faults = {
  'stands still for 2 s': freeze(2_000),
  'stands still for 8 s': freeze(8_000),
  'cut off for 3 s': cutOff(3_000),
  'cut off for 12 s': cutOff(12_000),
  'subscriptions in a hole': hole('subscriptions'),
  'commands in a hole': hole('commands'),
  'links broken': async (cluster, dice) => cluster.node(dice(cluster.nodes.length)).proxy.cut(),
  'killed and replaced': async (cluster) => {
    await cluster.kill(last(cluster));
    await cluster.replace(last(cluster));
  },
  'stopped and replaced': async (cluster) => {
    await cluster.terminate(last(cluster));
    await cluster.replace(last(cluster));
  },
  'Redis comes back empty': async (cluster) => cluster.restartRedis(),
} satisfies Record<string, Fault>;

type FaultName = keyof typeof faults;

interface Options {
  readonly dice: Dice;
  /** `kept`: only faults without a loss of data in Redis. */
  readonly store: 'kept' | 'lost';
}

export class Nemesis {
  readonly #cluster: Cluster;
  readonly #dice: Dice;
  readonly #all: readonly FaultName[];
  #deck: FaultName[] = [];
  readonly #played = new Map<FaultName, number>();

  constructor(cluster: Cluster, { dice, store }: Options) {
    this.#cluster = cluster;
    this.#dice = dice;
    const all = Object.keys(faults) as FaultName[];
    this.#all = store === 'lost' ? all : all.filter((name) => name !== 'Redis comes back empty');
  }

  async next(): Promise<void> {
    if (this.#deck.length === 0) this.#deck = [...this.#all];
    const [name] = this.#deck.splice(this.#dice(this.#deck.length), 1) as [FaultName];
    this.#played.set(name, (this.#played.get(name) ?? 0) + 1);
    await faults[name](this.#cluster, this.#dice);
  }

  /** The faults that were played, for the report. */
  get summary(): string {
    return [...this.#played].map(([name, times]) => `${times} × ${name}`).join(', ');
  }
}

// The faults: links are cut one by one and heal in another order; nodes stand still, vanish and are replaced.
import type { Cluster } from './cluster.ts';
import type { Device } from './device.ts';
import type { Dice } from './dice.ts';
import type { Schedule } from './schedule.ts';
import type { SimNode } from './sim-node.ts';

export const faults = [
  'losses',
  'slowness',
  'feed losses',
  'cut store',
  'cut feed',
  'cut both',
  'pause',
  'clock jump',
  'crash',
  'drain',
  'broken connections',
  'failover',
  'restart empty',
] as const;
export type Fault = (typeof faults)[number];

interface NemesisDeps {
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly cluster: Cluster;
  readonly devices: readonly Device[];
  /** The faults of this run. Most runs have only some, so that none hides the effect of another. */
  readonly chosen: readonly Fault[];
  readonly note: (what: string) => void;
}

/** About the longest time of a cut. */
const CUT_MAX_MS = 12_000;
const PAUSE_MAX_MS = 9_000;
const RESTART_MAX_MS = 4_000;
const LOST_TAIL_MAX_MS = 1_500;
const OUTAGE_MAX_MS = 4_000;
const FAILOVER_INTERVAL_MS = 8_000;

export class Nemesis {
  readonly #deps: NemesisDeps;
  /** The repairs that are due; healing in a random order finds many bugs. */
  readonly #open = new Set<() => void>();
  #isOver = false;

  constructor(deps: NemesisDeps) {
    this.#deps = deps;
  }

  #nextFailoverAt = 0;
  /** How often the store failed over. */
  failovers = 0;
  /** How often each fault was used. */
  readonly struck = new Map<Fault, number>();

  strike(): void {
    const { dice, chosen, cluster } = this.#deps;
    const running = cluster.nodes.filter(({ host }) => host.isRunning);
    if (chosen.length === 0 || running.length === 0) return;
    const fault = dice.pick(chosen);
    this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
    this.#strike(fault, dice.pick(running));
  }

  /** Heals everything, in random order; later repairs are cancelled. */
  healAll(): void {
    this.#isOver = true;
    for (const heal of this.#deps.dice.shuffle([...this.#open])) heal();
  }

  #strike(fault: Fault, node: SimNode): void {
    this.#deps.note(`${fault} at ${node.name}`);
    this.#strikes[fault](node);
  }

  readonly #strikes: Readonly<Record<Fault, (node: SimNode) => void>> = {
    losses: ({ link }) => {
      link.weather.lossPercent = this.#deps.dice.integer(1, 15);
      this.#healLater(CUT_MAX_MS, () => link.calm());
    },
    slowness: ({ link }) => {
      link.weather.slowestMs = this.#deps.dice.integer(100, 1_500);
      this.#healLater(CUT_MAX_MS, () => link.calm());
    },
    'feed losses': ({ feed }) => {
      const { dice } = this.#deps;
      feed.weather.lossPercent = dice.integer(1, 20);
      feed.weather.repetitionPercent = dice.integer(0, 30);
      feed.weather.slowestMs = dice.integer(5, 400);
      this.#healLater(CUT_MAX_MS, () => feed.calm());
    },
    'cut store': ({ link }) => {
      link.cut();
      this.#healLater(CUT_MAX_MS, () => link.heal());
    },
    'cut feed': ({ feed }) => {
      feed.cut();
      this.#healLater(CUT_MAX_MS, () => feed.heal());
    },
    'cut both': (node) => {
      this.#strikes['cut store'](node);
      this.#strikes['cut feed'](node);
    },
    pause: ({ host }) => {
      host.pause();
      this.#healLater(PAUSE_MAX_MS, () => host.resume());
    },
    'clock jump': ({ drift }) => {
      drift.skewMs += this.#deps.dice.integer(-3_600_000, 3_600_000);
    },
    crash: (node) => {
      node.crash();
      this.#replace(node);
    },
    drain: (node) => {
      void node.drain();
      this.#replace(node);
    },
    'broken connections': () => {
      const { dice, devices } = this.#deps;
      for (const device of devices) if (dice.chance(30)) device.dropConnection('vanishing');
    },
    failover: () => this.#failOver(this.#deps.dice.integer(1, LOST_TAIL_MAX_MS)),
    'restart empty': () => this.#failOver('everything'),
  };

  /** The store fails over only once in a while: during a recovery nothing else can be seen. */
  #failOver(tail: number | 'everything'): void {
    const { schedule, cluster, dice } = this.#deps;
    if (schedule.elapsed < this.#nextFailoverAt) return;
    this.#nextFailoverAt = schedule.elapsed + FAILOVER_INTERVAL_MS;
    this.failovers++;
    cluster.failOver({ tail, outageMs: dice.integer(10, OUTAGE_MAX_MS) });
  }

  #healLater(longestMs: number, heal: () => unknown): void {
    const end = () => {
      if (this.#open.delete(end)) heal();
    };
    this.#open.add(end);
    this.#deps.schedule.in(this.#deps.dice.integer(50, longestMs), end);
  }

  #replace(node: SimNode): void {
    const { cluster, note, schedule, dice } = this.#deps;
    const start = () => {
      if (!this.#open.delete(start)) return;
      note(`${cluster.start().name} for ${node.name}`);
    };
    this.#open.add(start);
    if (!this.#isOver) schedule.in(dice.integer(100, RESTART_MAX_MS), start);
  }
}

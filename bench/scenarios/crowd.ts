// One room of a hundred thousand by simulation: the real rooms, outboxes and Redis, with members as counted sinks. It
// measures what grows with the room, what an event costs at each size, and how long the event loop is held.
import { startRedis } from '../../test/support/redis-server.ts';
import { type ScriptProcess, startScript } from '../process/script.ts';
import type { Growth, SimulationMethods, Talked } from '../simulation/main.ts';
import type { Cost } from '../simulation/watch.ts';
import type { Measured, Scenario } from './scenario.ts';

/** The sizes of the room that are measured. */
const STEPS = [0.1, 0.2, 0.5, 1];
/** The time besides the chat, which goes on for `seconds`. */
const STAGE_EVENTS = 5;
/** It ends after this time in any case. */
const LIFE_MAX_MS = 180_000;

type Simulation = ScriptProcess<SimulationMethods>;

interface Step {
  readonly size: number;
  readonly came: number;
  readonly growth: Growth;
  readonly talked: Talked;
}

interface Endings {
  readonly resynced: Cost;
  readonly replaced: Cost;
  readonly emptied: Growth;
  readonly filled: Growth;
  readonly closed: Growth;
}

export const crowd: Scenario = {
  name: 'crowd',
  title: 'a hundred thousand in one room, by simulation',
  subjects: ['maiwei'],
  size: { members: 100_000, rate: 20, seconds: 2 },
  socketsOf: () => 0,
  async measure({ size: { members, rate, seconds } }): Promise<Measured> {
    const redis = await startRedis();
    const abandon = () => redis.process.kill('SIGKILL');
    process.once('exit', abandon);
    const simulation: Simulation = startScript({
      file: 'simulation/main.ts',
      flags: ['--expose-gc'],
      lifeMaxMs: LIFE_MAX_MS,
    });
    try {
      await simulation.ask('open', redis.url);
      const talking = { chats: Math.max(1, Math.round(rate * seconds)), stages: STAGE_EVENTS, rate };
      const steps = await grow(simulation, { members, talking });
      return summed(steps, await end(simulation, members));
    } finally {
      await simulation.stop();
      process.off('exit', abandon);
      await redis.stop();
    }
  },
};

interface Plan {
  readonly members: number;
  readonly talking: { readonly chats: number; readonly stages: number; readonly rate: number };
}

async function grow(simulation: Simulation, { members, talking }: Plan): Promise<Step[]> {
  const steps: Step[] = [];
  // The owner is there already.
  let size = 1;
  for (const share of STEPS) {
    const came = Math.round(members * share) - size;
    const growth = await simulation.ask('grow', came);
    size += came;
    // A warm-up, so that the code is compiled.
    if (steps.length === 0) await simulation.ask('talk', talking);
    steps.push({ size, came, growth, talked: await simulation.ask('talk', talking) });
  }
  return steps;
}

/** Work for all members at once: a resync, another epoch, leaving, and the closing of the room. */
async function end(simulation: Simulation, members: number): Promise<Endings> {
  const resynced = await simulation.ask('resync', null);
  const replaced = await simulation.ask('exchange', null);
  const emptied = await simulation.ask('empty', null);
  const filled = await simulation.ask('grow', members - 1);
  return { resynced, replaced, emptied, filled, closed: await simulation.ask('closeRoom', null) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const perDelivery = ({ talked }: Step): number => talked.cpuUs / talked.delivered;
const perWrite = ({ talked }: Step): number => talked.cpuUs / talked.writes;
const perJoin = ({ growth, came }: Step): number => growth.cpuUs / came;
const heldPerMember = ({ growth, came }: Step): number => growth.heldBytes / 1_024 / came;

function summed(steps: readonly Step[], endings: Endings): Measured {
  const [first, last] = [steps[0] as Step, steps.at(-1) as Step];
  const { resynced, replaced, emptied, closed } = endings;
  const came = sum(steps.map((step) => step.came));
  const held = sum(steps.map(({ growth }) => growth.heldBytes));
  return {
    numbers: {
      cpuUsPerDelivery: perDelivery(last),
      cpuUsPerWrite: perWrite(last),
      cpuGrowth: perDelivery(last) / perDelivery(first),
      reach: sum(steps.map(({ talked }) => talked.delivered)) / sum(steps.map(({ talked }) => talked.expected)),
      doubled: sum(steps.map(({ talked }) => talked.odd)),
      cpuUsPerJoin: sum(steps.map(({ growth }) => growth.cpuUs)) / came,
      joinsPerSecond: (came / sum(steps.map(({ growth }) => growth.elapsedMs))) * 1_000,
      joinGrowth: perJoin(last) / perJoin(first),
      heldKiBPerMember: held / 1_024 / came,
      heldGrowth: heldPerMember(last) / heldPerMember(first),
      cpuUsPerLeave: emptied.cpuUs / came,
      leavesPerSecond: (came / emptied.elapsedMs) * 1_000,
      heldShareLeft: 1 + emptied.heldBytes / held,
      joinStallMs: Math.max(...steps.map(({ growth }) => growth.stallMs)),
      talkStallMs: Math.max(...steps.map(({ talked }) => talked.stallMs)),
      resyncStallMs: resynced.stallMs,
      exchangeStallMs: replaced.stallMs,
      leaveStallMs: emptied.stallMs,
      closeStallMs: closed.stallMs,
    },
    lastMs: last.talked.lastMs,
    warnings: [],
    note: [...steps.map(lineOf), ...linesOf(endings)].join('; '),
  };
}

const lineOf = (step: Step): string =>
  `${step.size}: ${perDelivery(step).toFixed(3)} µs an event and member, ${perWrite(step).toFixed(2)} µs a write, ` +
  `${perJoin(step).toFixed(0)} µs a join, ${heldPerMember(step).toFixed(2)} KiB a member`;

const linesOf = ({ resynced, replaced, emptied, closed }: Endings): string[] =>
  [
    ['a resync', resynced] as const,
    ['another epoch', replaced] as const,
    ['all members leave', emptied] as const,
    ['the room is closed', closed] as const,
  ].map(
    ([what, { elapsedMs, cpuUs }]) => `${what}: ${elapsedMs.toFixed(0)} ms, ${(cpuUs / 1_000).toFixed(0)} ms of CPU`,
  );

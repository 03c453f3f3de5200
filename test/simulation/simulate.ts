// One run: a cluster, users and faults, all decided by a seed. The same seed gives the same history, byte for byte.
import type { MemoryEngines } from '../../src/engines.ts';
import { commandSchemas } from '../../src/protocol/commands.ts';
import type { UserId } from '../../src/protocol/ids.ts';
import { type Finding, type History, Recorder } from '../faults/history.ts';
import { Cluster } from './cluster.ts';
import { CommitLog } from './commit-log.ts';
import { Device } from './device.ts';
import { Dice } from './dice.ts';
import { type Fault, faults, Nemesis } from './nemesis.ts';
import { Schedule } from './schedule.ts';
import { judgeCommits, judgeEnd, judgeQuiet } from './verdict.ts';
import { judgeReceived } from './verdict-received.ts';
import { takeStep } from './workload.ts';

const STEPS_MIN = 150;
const STEPS_MAX = 200;
const STEP_MAX_MS = 300;
/** Longer than any retry, grace and lease in a run. */
const QUIET_MS = 45_000;
const EMPTY_MS = 10_000;

/** Faults that would hide others if they came too often. */
const rare: ReadonlySet<Fault> = new Set(['failover', 'restart empty']);

export interface Options {
  /** Breaks the engines, to see whether the simulation notices. */
  readonly sabotage?: (engines: MemoryEngines) => MemoryEngines;
  /** The faults to use; by default some, chosen by the seed. */
  readonly faults?: readonly Fault[];
}

export interface Run {
  readonly seed: number;
  readonly findings: readonly Finding[];
  readonly history: History;
  /** What went wrong, and when. */
  readonly notes: readonly string[];
  readonly struck: ReadonlyMap<Fault, number>;
  readonly commits: number;
  readonly happened: number;
}

export async function simulate(
  seed: number,
  { sabotage = (engines) => engines, faults: allowed }: Options = {},
): Promise<Run> {
  const dice = new Dice(seed);
  const schedule = new Schedule();
  const recorder = new Recorder(() => schedule.elapsed);
  const commitLog = new CommitLog();
  const findings: Finding[] = [];
  const notes: string[] = [];
  const note = (what: string) => notes.push(`${schedule.elapsed} ${what}`);
  const cluster = new Cluster({
    schedule,
    dice: dice.fork(),
    sabotage: (engines) => commitLog.watch(sabotage(engines)),
    onError: (facts) => findings.push({ rule: 'no node logs an error', facts }),
  });
  for (let index = dice.integer(2, 5); index > 0; index--) cluster.start();
  const roomIds = Array.from({ length: dice.integer(1, 4) }, (_, index) => `room-${index}`);
  const devices = people(dice).map(
    (who) => new Device({ ...who, schedule, dice: dice.fork(), recorder, balance: () => cluster.balance() }),
  );
  await createRooms(cluster, { roomIds, devices, dice, schedule });
  const chosen = allowed ?? faults.filter((fault) => dice.chance(rare.has(fault) ? 12 : 35));
  const nemesis = new Nemesis({ schedule, dice: dice.fork(), cluster, devices, chosen, note });
  const scene = { dice: dice.fork(), devices, roomIds };
  for (let steps = dice.integer(STEPS_MIN, STEPS_MAX + 1); steps > 0; steps--) {
    takeStep(scene);
    if (dice.chance(10)) nemesis.strike();
    await schedule.run(dice.integer(0, STEP_MAX_MS));
  }
  nemesis.healAll();
  note('everything heals');
  await schedule.run(QUIET_MS);
  const stage = { cluster, devices, roomIds };
  findings.push(...judgeQuiet(stage));
  note('all users disconnect');
  for (const device of devices) device.disconnect(dice.chance(50) ? 'closing' : 'vanishing');
  await schedule.run(QUIET_MS);
  findings.push(
    ...judgeEnd(stage),
    ...judgeCommits(commitLog, { history: recorder.history, hasLost: nemesis.failovers > 0 }),
    ...judgeReceived(commitLog, recorder.history),
  );
  const { struck } = nemesis;
  const { happened } = schedule;
  return { seed, findings, history: recorder.history, notes, struck, commits: commitLog.all.length, happened };
}

/** Every user has a device, some have two. */
function people(dice: Dice): { name: string; userId: string; level: number }[] {
  const users = Array.from({ length: dice.integer(4, 13) }, (_, index) => ({
    userId: `user-${index}`,
    level: dice.integer(0, 3),
  }));
  return users.flatMap(({ userId, level }) => {
    const first = { name: `${userId}-a`, userId, level };
    return dice.chance(20) ? [first, { ...first, name: `${userId}-b` }] : [first];
  });
}

interface CreationDeps {
  readonly roomIds: readonly string[];
  readonly devices: readonly Device[];
  readonly dice: Dice;
  readonly schedule: Schedule;
}

async function createRooms(cluster: Cluster, { roomIds, devices, dice, schedule }: CreationDeps): Promise<void> {
  for (const [index, roomId] of roomIds.entries()) {
    const payload = commandSchemas['room:create'].parse({
      roomId,
      title: roomId,
      seatCount: dice.integer(2, 6),
      seatMode: dice.pick(['free', 'free', 'request', 'invite']),
      ownerSeat: dice.pick([0, null]),
      ownerAbsent: dice.pick(['keep', 'keep', 'promote', 'close']),
      graceMs: dice.pick([0, 1_000, 4_000, 10_000]),
      emptyMs: EMPTY_MS,
      capacity: dice.pick([100_000, 100_000, 5]),
      priority: dice.chance(30),
    });
    const owner = devices[index % devices.length] as Device;
    void cluster.nodes[0]?.service.createAsService(payload, owner.userId as UserId);
    await schedule.run(100);
    owner.enter(roomId);
    owner.connect();
  }
  for (const device of devices) {
    device.enter(dice.pick(roomIds));
    if (dice.chance(80)) device.connect();
  }
  await schedule.run(500);
}

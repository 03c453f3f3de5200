// Microphones on and off, in one hot room and over many rooms, as fast as they are answered. Then at half of that rate
// for the latency. The baseline answers echoes of the same size, from the same number of connections.
import type { Driven } from '../load/drive.ts';
import type { CrowdProcess } from '../process/crowd-process.ts';
import type { SubjectName } from '../subjects/subjects.ts';
import { saturation, watch } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { admit, assemble, onStage, ROOM, roomSettings, type Stage } from './stage.ts';

/** A typical room: each of its seats is taken, and all members get every change. */
const HOT_MEMBERS = 9;
const HOT_IN_FLIGHT = 16;
const SPREAD_IN_FLIGHT = 1;

export const commands: Scenario = {
  name: 'commands',
  title: 'microphones on and off',
  subjects: ['maiwei', 'stock'],
  size: { members: 1_000, rate: 1, seconds: 2 },
  measure: ({ subject, size: { members, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const { observers } = await assemble(stage, { subject, members: 1, observers: 1 });
      const take = (roomId: string) => ['seat:take', { roomId }] as const;
      const create = (roomId: string) => ['room:create', { roomId, ...roomSettings }] as const;
      const hot = await driveTarget(stage, {
        subject,
        count: HOT_MEMBERS,
        inFlight: HOT_IN_FLIGHT,
        seconds,
        roomId: ROOM,
        enter: [['room:join', { roomId: ROOM }], take(ROOM)],
      });
      const spread = await driveTarget(stage, {
        subject,
        count: members,
        inFlight: SPREAD_IN_FLIGHT,
        seconds,
        roomId: 'room-{n}',
        enter: [create('room-{n}'), take('room-{n}')],
      });
      for (const observer of observers) observer.close();
      return {
        numbers: {
          hotPerSecond: hot.perSecond,
          hotCpuUs: hot.cpuUs,
          hotP99Ms: hot.full.latency.p99,
          hotHalfP99Ms: hot.half.latency.p99,
          spreadPerSecond: spread.perSecond,
          spreadCpuUs: spread.cpuUs,
          spreadP99Ms: spread.full.latency.p99,
          spreadHalfP99Ms: spread.half.latency.p99,
          refused: [hot, spread].reduce((sum, { full, half }) => sum + full.refused + half.refused, 0),
          crowdLoad: Math.max(hot.crowdLoad, spread.crowdLoad),
        },
        warnings: [
          // The server should be saturated at full load; the load client should not.
          ...saturation({ crowdLoad: Math.max(hot.crowdLoad, spread.crowdLoad) }),
          ...[hot, spread].flatMap(({ full }) =>
            full.refusal === null ? [] : [`refused: ${full.refusal.slice(0, 200)}`],
          ),
        ],
        ...(subject === 'stock' ? { note: 'echoes' } : {}),
      };
    }),
};

interface Target {
  readonly subject: SubjectName;
  readonly count: number;
  readonly inFlight: number;
  readonly seconds: number;
  readonly roomId: string;
  readonly enter: readonly (readonly [name: string, payload: object])[];
}

interface TargetResult {
  readonly perSecond: number;
  /** CPU of the server for each command. */
  readonly cpuUs: number;
  readonly crowdLoad: number;
  readonly full: Driven;
  readonly half: Driven;
}

async function driveTarget(stage: Stage, target: Target): Promise<TargetResult> {
  const { subject, count, inFlight, seconds, roomId, enter } = target;
  const isEcho = subject === 'stock';
  await admit(stage, { subject, count, prefix: `${inFlight}-guest-`, enter: isEcho ? [] : enter });
  const name = isEcho ? 'echo' : 'mic:set';
  const packets = [false, true].map((on) => JSON.stringify([name, { roomId, on }]));
  const closed = { packets, seconds, load: { kind: 'closed', inFlight } } as const;
  await drive(stage.crowd, { ...closed, seconds: Math.min(1, seconds) });
  const { result: full, cpuUs, elapsedMs } = await watch(stage, () => drive(stage.crowd, closed));
  const perSecond = (full.done / full.elapsedMs) * 1_000;
  const half = await drive(stage.crowd, { packets, seconds, load: { kind: 'open', rate: Math.max(1, perSecond / 2) } });
  await stage.crowd.ask('disperse', null);
  return {
    perSecond,
    cpuUs: (cpuUs[0] as number) / (full.done + full.refused),
    crowdLoad: full.cpuUs / 1_000 / elapsedMs,
    full,
    half,
  };
}

const drive = (crowd: CrowdProcess, how: Parameters<CrowdProcess['ask']>[1] & object): Promise<Driven> =>
  crowd.ask('drive', how as never);

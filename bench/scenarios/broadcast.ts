// One room, many members, chat on a fixed schedule. It measures what an event costs the server for each member, its
// bytes, its delay, and whether it arrives. The scenarios fanout, isolated, burst and stalled differ in the schedule
// and in the recipients.
import { cpus } from 'node:os';
import { chatText } from '../chat-text.ts';
import type { Count } from '../load/crowd.ts';
import { play, type Schedule, steady } from '../load/schedule.ts';
import { monotonicMs, pauseMs } from '../monotonic.ts';
import type { Usage } from '../process/server-under-test.ts';
import type { Measured } from './scenario.ts';
import { type Assembled, ROOM, type Stage } from './stage.ts';

/** Enough senders that none of them is a connection in a hot loop, few enough to be full clients. */
export const OBSERVERS = 4;
/** The warm-up, so that the code is compiled: events a second, for a second at most. */
const WARM_UP_RATE = 50;
/** After this time the work of the joins is over. */
const REST_MAX_MS = 500;
/** The longest time for watching an idle server, to know its own cost. */
const QUIET_MAX_MS = 1_000;
/** An event that has not arrived this long after the last one was sent is lost. */
const ARRIVAL_MAX_MS = 60_000;
const POLL_MS = 20;
/** Above this load a process was too slow for the task, and latencies mean nothing. */
export const SATURATED = 0.95;

export interface Broadcast {
  readonly schedule: Schedule;
  /** The command's payload beside roomId; by default chat. */
  readonly message?: (seq: number, sentAtMs: number) => object;
  /** How many members of the crowd are expected to receive everything; by default all. */
  readonly listeners?: number;
  /** Events a second of the warm-up. */
  readonly warmUpRate?: number;
  /** The length; short measurements have a short warm-up and watch. */
  readonly seconds: number;
  /** Called when the measurement begins. */
  readonly onWarm?: () => void;
}

/** The cost of a broadcast; `servers` are usages before and after, in the order of the stage's servers. */
export interface Cost {
  readonly deliveries: number;
  readonly cpuUs: readonly number[];
  readonly elapsedMs: number;
  /** CPU of all servers per second while idle, in µs. */
  readonly quietCpuUsPerS: number;
}

export const chat = (seq: number, sentAtMs: number): object => ({
  kind: 'chat',
  body: { text: chatText({ seq, sentAtMs }) },
});

/** Plays the schedule in the assembled room and sums up. */
export async function broadcast(
  stage: Stage,
  assembled: Assembled,
  how: Broadcast,
): Promise<Measured & { readonly cost: Cost }> {
  const { schedule, message = chat, listeners = assembled.crowdSize, warmUpRate = WARM_UP_RATE, seconds } = how;
  const restMs = Math.min(REST_MAX_MS, seconds * 500);
  await pauseMs(restMs);
  const phase = { assembled, message, listeners };
  const warmUp = steady(warmUpRate, Math.min(1, seconds));
  await send(stage, { ...phase, schedule: warmUp, from: 0 });
  await pauseMs(restMs);
  const quiet = await watch(stage, () => pauseMs(Math.min(QUIET_MAX_MS, seconds * 1_000)));
  assembled.latencies.clear();
  const before = await stage.crowd.ask('count', null);
  how.onWarm?.();
  const machineLoad = watchMachine();
  const ownBefore = process.cpuUsage();
  const sending = await watch(stage, () => send(stage, { ...phase, schedule, from: warmUp.count }));
  const own = process.cpuUsage(ownBefore);
  const after = await stage.crowd.ask('count', null);
  return summed(assembled, {
    before,
    after,
    listeners,
    expected: schedule.count,
    refused: sending.result.refused,
    ownCpuUs: own.user + own.system,
    machineLoad: machineLoad(),
    cpuUs: sending.cpuUs,
    elapsedMs: sending.elapsedMs,
    quietCpuUsPerS: (quiet.cpuUs.reduce((sum, one) => sum + one, 0) / quiet.elapsedMs) * 1_000,
  });
}

interface Phase {
  readonly assembled: Assembled;
  readonly message: (seq: number, sentAtMs: number) => object;
  readonly listeners: number;
  readonly schedule: Schedule;
  readonly from: number;
}

/** Sends all of it and waits until it has arrived, or counts as lost. */
async function send(stage: Stage, phase: Phase): Promise<{ readonly refused: readonly string[] }> {
  const { assembled, message, listeners, schedule, from } = phase;
  const { observers } = assembled;
  const refused: string[] = [];
  await stage.crowd.ask('expect', { from, count: schedule.count, members: listeners });
  for (const observer of observers) observer.expect(from, schedule.count);
  await play(schedule, (index, sentAtMs) => {
    const seq = from + index;
    const sender = observers[index % observers.length];
    sender?.send('message:send', { roomId: ROOM, ...message(seq, sentAtMs) }, (reason) => refused.push(reason));
  });
  const expected = schedule.count * listeners;
  const until = monotonicMs() + ARRIVAL_MAX_MS;
  while (monotonicMs() < until) {
    const { tally } = await stage.crowd.ask('count', null);
    const full = observers.every((observer) => observer.tally().delivered >= schedule.count);
    if (full && (tally?.delivered ?? 0) >= expected) break;
    await pauseMs(POLL_MS);
  }
  return { refused };
}

interface Watched<T> {
  readonly result: T;
  /** By server. */
  readonly cpuUs: readonly number[];
  readonly elapsedMs: number;
}

/** What the servers use during `act`. */
export async function watch<T>({ servers }: Pick<Stage, 'servers'>, act: () => Promise<T>): Promise<Watched<T>> {
  const before = await Promise.all(servers.map((server) => server.usage()));
  const result = await act();
  const after = await Promise.all(servers.map((server) => server.usage()));
  const cpuUs = after.map((one, index) => one.cpuUs - (before[index] as Usage).cpuUs);
  return { result, cpuUs, elapsedMs: Math.max(...after.map((one, i) => one.atMs - (before[i] as Usage).atMs)) };
}

interface Sums extends Omit<Cost, 'deliveries'> {
  readonly before: Count;
  readonly after: Count;
  readonly listeners: number;
  /** Events sent. */
  readonly expected: number;
  readonly refused: readonly string[];
  readonly ownCpuUs: number;
  /** The share of all cores that any process used. */
  readonly machineLoad: number;
}

function summed({ observers, latencies }: Assembled, sums: Sums): Measured & { readonly cost: Cost } {
  const { before, after, listeners, expected, cpuUs, elapsedMs, quietCpuUsPerS } = sums;
  const tallies = observers.map((observer) => observer.tally());
  const crowd = after.tally ?? { delivered: 0, doubled: 0, last: { p50: 0, p99: 0, max: 0, count: 0 } };
  const deliveries = crowd.delivered + tallies.reduce((sum, one) => sum + one.delivered, 0);
  const doubled = crowd.doubled + tallies.reduce((sum, one) => sum + one.doubled, 0);
  const cpu = cpuUs.reduce((sum, one) => sum + one, 0);
  const load = {
    serverLoad: Math.max(...cpuUs) / 1_000 / elapsedMs,
    crowdLoad: (after.cpuUs - before.cpuUs) / 1_000 / (after.atMs - before.atMs),
    senderLoad: sums.ownCpuUs / 1_000 / elapsedMs,
  };
  return {
    numbers: {
      cpuUsPerDelivery: cpu / deliveries,
      cpuUsPerDeliveryNet: Math.max(0, cpu - (quietCpuUsPerS * elapsedMs) / 1_000) / deliveries,
      bytesPerDelivery: (after.bytes - before.bytes) / crowd.delivered,
      framesPerDelivery: (after.frames - before.frames) / crowd.delivered,
      reach: deliveries / (expected * (listeners + observers.length)),
      doubled,
      refused: sums.refused.length,
      ended: after.ended,
      ...load,
      machineLoad: sums.machineLoad,
    },
    latencyMs: timesOf(latencies.latency()),
    ...(crowd.last.count > 0 ? { lastMs: timesOf(crowd.last) } : {}),
    warnings: [
      ...saturation(load),
      ...(sums.machineLoad > SATURATED ? ['no core of the machine was idle: latencies are not valid'] : []),
      ...sums.refused.slice(0, 1).map((reason) => `a message was refused: ${reason}`),
      ...after.problems.map((problem) => `a connection ended: ${problem}`),
    ],
    cost: { deliveries, cpuUs, elapsedMs, quietCpuUsPerS },
  };
}

/** Begins to watch all cores; the returned function gives the share of them that was in use since. */
function watchMachine(): () => number {
  const read = () => {
    const all = cpus().map(({ times }) => times);
    const idle = all.reduce((sum, times) => sum + times.idle, 0);
    const busy = all.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
    return { idle, busy };
  };
  const before = read();
  return () => {
    const { idle, busy } = read();
    return (busy - before.busy) / Math.max(1, busy - before.busy + idle - before.idle);
  };
}

const timesOf = ({ p50, p99, max }: { readonly p50: number; readonly p99: number; readonly max: number }) => ({
  p50,
  p99,
  max,
});

const processOf: Readonly<Record<string, string>> = {
  serverLoad: 'the server',
  crowdLoad: 'the load client',
  senderLoad: 'the sender',
};

/** A line for each process that used a whole core. */
export const saturation = (loads: Readonly<Record<string, number>>): string[] =>
  Object.entries(loads).flatMap(([name, load]) =>
    load > SATURATED
      ? [`${processOf[name] ?? name} used a whole core (${load.toFixed(2)}): latencies are not valid`]
      : [],
  );

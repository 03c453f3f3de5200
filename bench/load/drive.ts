// Sends commands from many members and times their acks: as fast as they are answered, or at a fixed rate.
import { monotonicMs } from '../monotonic.ts';
import { Histogram, type Latency } from './histogram.ts';
import type { Member } from './member.ts';
import { play, steady } from './schedule.ts';

export interface Drive {
  /** Packets such as `["mic:set",{…}]`, which every member sends in turn; `{n}` stands for the member's number. */
  readonly packets: readonly string[];
  readonly seconds: number;
  /** Closed: each member has a fixed number of open commands. Open: all together send a fixed number a second. */
  readonly load:
    | { readonly kind: 'closed'; readonly inFlight: number }
    | { readonly kind: 'open'; readonly rate: number };
}

export interface Driven {
  readonly done: number;
  readonly refused: number;
  /** The first refusal. */
  readonly refusal: string | null;
  readonly elapsedMs: number;
  /** From sending to the ack. */
  readonly latency: Latency;
  /** CPU time of this process. */
  readonly cpuUs: number;
}

/** After this time an open command counts as unanswered. */
const ANSWERS_MAX_MS = 10_000;

export async function drive(members: readonly Member[], { packets, seconds, load }: Drive): Promise<Driven> {
  const latencies = new Histogram();
  const tally = { sent: 0, done: 0, refused: 0, refusal: null as string | null };
  const texts = members.map(({ number }) => packets.map((packet) => packet.replaceAll('{n}', String(number))));
  const turns = new Uint32Array(members.length);
  let whenAnswered: (() => void) | null = null;
  const ask = (index: number, sentAtMs: number, then: () => void) => {
    const own = texts[index] as string[];
    const turn = turns[index] as number;
    turns[index] = turn + 1;
    tally.sent++;
    members[index]?.askText(own[turn % own.length] as string, (refusal) => {
      latencies.add(monotonicMs() - sentAtMs);
      if (refusal === null) tally.done++;
      else {
        tally.refused++;
        tally.refusal ??= refusal;
      }
      then();
      if (tally.done + tally.refused === tally.sent) whenAnswered?.();
    });
  };
  const usage = process.cpuUsage();
  const begun = monotonicMs();
  if (load.kind === 'open') {
    await play(steady(load.rate, seconds), (index, sentAtMs) => ask(index % members.length, sentAtMs, () => undefined));
  } else {
    const end = begun + seconds * 1_000;
    const again = (index: number) => {
      const nowMs = monotonicMs();
      if (nowMs < end) ask(index, nowMs, () => again(index));
    };
    for (const index of members.keys()) for (let slot = 0; slot < load.inFlight; slot++) again(index);
  }
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ANSWERS_MAX_MS + seconds * 1_000);
    whenAnswered = () => {
      clearTimeout(timer);
      resolve();
    };
    if (tally.done + tally.refused === tally.sent) whenAnswered();
  });
  const { user, system } = process.cpuUsage(usage);
  const elapsedMs = monotonicMs() - begun;
  const { done, refused, refusal, sent } = tally;
  if (done + refused < sent) throw new Error(`${sent - done - refused} of ${sent} commands were not answered`);
  return { done, refused, refusal, elapsedMs, latency: latencies.latency(), cpuUs: user + system };
}

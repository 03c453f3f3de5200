// The simulation's process: one hall, controlled by the bench over the channel.
import { bursts, steady } from '../load/schedule.ts';
import { answerParent } from '../process/remote.ts';
import { Hall } from './hall.ts';
import { type Cost, collected, watched } from './watch.ts';

export interface Growth extends Cost {
  /** The memory of each of them, in bytes. */
  readonly heldBytes: number;
  readonly rssBytes: number;
}

export interface Talking {
  readonly chats: number;
  readonly stages: number;
  readonly rate: number;
}

export interface Talked extends Cost {
  /** Deliveries: events times members. */
  readonly delivered: number;
  readonly expected: number;
  readonly odd: number;
  readonly writes: number;
  readonly lastMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

let hall: Hall | null = null;

function theHall(): Hall {
  if (!hall) throw new Error('the hall is not open');
  return hall;
}

/** The increase of memory, and the cost. */
async function weighed(act: () => Promise<void>): Promise<Growth> {
  const before = collected();
  const { cpuUs, elapsedMs, stallMs } = await watched(act);
  const after = collected();
  const [heldBytes, rssBytes] = [after.heldBytes - before.heldBytes, after.rssBytes - before.rssBytes];
  return { cpuUs, elapsedMs, stallMs, heldBytes, rssBytes };
}

const methods = {
  async open(redisUrl: string): Promise<void> {
    hall = await Hall.open(redisUrl);
  },
  grow(count: number): Promise<Growth> {
    const guests = theHall().expect(count);
    return weighed(() => theHall().admit(guests));
  },
  async talk({ chats, stages, rate }: Talking): Promise<Talked> {
    const seconds = chats / rate;
    const { result, ...cost } = await watched(() =>
      theHall().talk({
        chats: steady(rate, seconds),
        stages: bursts(1, { everyMs: (seconds * 1_000) / stages, seconds }),
      }),
    );
    const { delivered, expected, odd, writes, last } = result;
    return { ...cost, delivered, expected, odd, writes, lastMs: { p50: last.p50, p99: last.p99, max: last.max } };
  },
  exchange: (_: null): Promise<Cost> => watched(() => theHall().exchange()),
  resync: (_: null): Promise<Cost> => watched(() => theHall().resync()),
  async empty(_: null): Promise<Growth> {
    const cost = await weighed(() => theHall().empty());
    theHall().forget();
    return cost;
  },
  closeRoom: (_: null): Promise<Growth> => weighed(() => theHall().closeRoom()),
};

export type SimulationMethods = typeof methods;

answerParent(methods);

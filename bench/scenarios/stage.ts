// Sets up what a run needs, in order, and takes it down in any case: Redis, servers, the crowd, full clients.

import { startRedis } from '../../test/support/redis-server.ts';
import { Histogram } from '../load/histogram.ts';
import { Observer } from '../load/observer.ts';
import { type CrowdProcess, startCrowd } from '../process/crowd-process.ts';
import type { ServerUnderTest } from '../process/server-under-test.ts';
import { type SubjectName, secret, subjectOf } from '../subjects/subjects.ts';

export const ROOM = 'hot-room';
/** The number that enters at once: a crowd, but no flood that fills the listen queue. */
const JOINING_AT_ONCE = 64;

export interface Stage {
  readonly redisUrl: string;
  readonly servers: readonly ServerUnderTest[];
  readonly crowd: CrowdProcess;
}

export interface StagePlan {
  readonly subject: SubjectName;
  readonly nodes?: number;
  /** The address to give to the next server for the Redis at this address. */
  readonly redisOf?: (redisUrl: string) => Promise<string>;
}

/** Runs `act` on a Redis, servers and a load client of its own. */
export async function onStage<T>(
  { subject, nodes = 1, redisOf = async (url) => url }: StagePlan,
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const endings: (() => Promise<void>)[] = [];
  try {
    const redis = await startRedis();
    // Servers and the crowd end with their channel to this process; Redis has no channel.
    const abandon = () => redis.process.kill('SIGKILL');
    process.once('exit', abandon);
    endings.push(async () => {
      process.off('exit', abandon);
      await redis.stop();
    });
    const crowd = startCrowd();
    endings.push(() => crowd.stop());
    const servers: ServerUnderTest[] = [];
    for (let node = 0; node < nodes; node++) {
      const server = await subjectOf(subject).start(await redisOf(redis.url));
      endings.push(() => server.stop());
      servers.push(server);
    }
    return await act({ redisUrl: redis.url, servers, crowd });
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

/** The settings of the room: every member may sit, and it stays open during the bench. */
export const roomSettings = { title: 'Bench', seatMode: 'free', seatCount: 9, ownerSeat: null } as const;

export interface Assembly {
  readonly subject: SubjectName;
  readonly members: number;
  /** How many of the members are full clients. */
  readonly observers: number;
  /** On which of the servers the members are; all by default. */
  readonly servers?: readonly ServerUnderTest[];
}

export interface Assembled {
  readonly observers: readonly Observer[];
  readonly latencies: Histogram;
  /** Members of the crowd. */
  readonly crowdSize: number;
}

/** Creates the room and fills it. Throws when not all members got in. */
export async function assemble(stage: Stage, assembly: Assembly): Promise<Assembled> {
  const { subject, members, servers = stage.servers } = assembly;
  const { deflate } = subjectOf(subject);
  const latencies = new Histogram();
  const observers: Observer[] = [];
  for (let index = 0; index < assembly.observers; index++) {
    const server = servers[index % servers.length] as ServerUnderTest;
    const observer = new Observer({ server, userId: `host-${index}`, secret, deflate, latencies });
    await observer.connect();
    if (index === 0) await observer.do('room:create', { roomId: ROOM, ...roomSettings });
    else await observer.do('room:join', { roomId: ROOM });
    observers.push(observer);
  }
  const crowdSize = members - observers.length;
  if (crowdSize > 0) await admit(stage, { subject, count: crowdSize, prefix: 'guest-', servers });
  return { observers, latencies, crowdSize };
}

export interface Admission {
  readonly subject: SubjectName;
  readonly count: number;
  /** The prefix of their user ids. */
  readonly prefix: string;
  /** They connect, and enter no room. */
  readonly isBare?: boolean;
  readonly servers?: readonly ServerUnderTest[];
  /** The commands to send instead of joining the room. */
  readonly enter?: readonly (readonly [name: string, payload: object])[];
}

/** Lets a crowd in. Throws when not all of it got in. */
export async function admit(stage: Stage, admission: Admission): Promise<void> {
  const { subject, count, prefix, isBare = false, servers = stage.servers } = admission;
  const { enter = isBare ? [] : [['room:join', { roomId: ROOM }] as const] } = admission;
  const { ready, problems } = await stage.crowd.ask('gather', {
    servers: servers.map(({ host, port }) => ({ host, port })),
    count,
    prefix,
    secret,
    deflate: subjectOf(subject).deflate,
    enter,
    concurrency: JOINING_AT_ONCE,
  });
  if (ready < count) throw new Error(`only ${ready} of ${count} came in: ${problems.join('; ')}`);
}

// Sets up what a run needs, in order, and takes it down whatever happens: Redis, servers, the crowd, full clients. Must
// not know what is measured.

import { startRedis } from '../../test/support/redis-server.ts';
import { Histogram } from '../load/histogram.ts';
import { Observer } from '../load/observer.ts';
import { type CrowdProcess, startCrowd } from '../process/crowd-process.ts';
import type { ServerUnderTest } from '../process/server-under-test.ts';
import { type SubjectName, secret, subjectOf } from '../subjects/subjects.ts';

export const ROOM = 'hot-room';
/** As many on their way at once: a crowd, but no flood that fills the listening queue. */
const JOINING_AT_ONCE = 64;

export interface Stage {
  readonly redisUrl: string;
  readonly servers: readonly ServerUnderTest[];
  readonly crowd: CrowdProcess;
}

/** Runs `act` on a Redis, servers and a load client of its own. */
export async function onStage<T>(
  { subject, nodes = 1 }: { readonly subject: SubjectName; readonly nodes?: number },
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const endings: (() => Promise<void>)[] = [];
  try {
    const redis = await startRedis();
    endings.push(() => redis.stop());
    const servers: ServerUnderTest[] = [];
    for (let node = 0; node < nodes; node++) {
      const server = await subjectOf(subject).start(redis.url);
      endings.push(() => server.stop());
      servers.push(server);
    }
    const crowd = startCrowd();
    endings.push(() => crowd.stop());
    return await act({ redisUrl: redis.url, servers, crowd });
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

/** The settings of the room: anybody may sit, and it is not closed under the bench. */
export const roomSettings = { title: 'Bench', seatMode: 'free', seatCount: 64, ownerSeat: null } as const;

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

/** Founds the room and fills it. Throws when not everybody got in. */
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
  const { ready, problems } = await stage.crowd.ask('gather', {
    servers: servers.map(({ host, port }) => ({ host, port })),
    count: crowdSize,
    prefix: 'guest-',
    secret,
    deflate,
    enter: [['room:join', { roomId: ROOM }]],
    concurrency: JOINING_AT_ONCE,
  });
  if (ready < crowdSize) throw new Error(`only ${ready} of ${crowdSize} came in: ${problems.join('; ')}`);
  return { observers, latencies, crowdSize };
}

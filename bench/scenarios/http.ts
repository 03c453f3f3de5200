// The REST API, called by autocannon: the list of rooms, one room, and the liveness of the process. `members` is the
// number of rooms.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { signToken } from '../load/token.ts';
import { monotonicMs, pauseMs } from '../monotonic.ts';
import type { ServerUnderTest } from '../process/server-under-test.ts';
import { secret } from '../subjects/subjects.ts';
import { watch } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { onStage, roomSettings } from './stage.ts';

const CONNECTIONS = 10;
const autocannon = fileURLToPath(new URL('../../node_modules/autocannon/autocannon.js', import.meta.url));
/** The directory is a second behind at most. */
const LISTED_MAX_MS = 10_000;
const LIST_LIMIT = 20;

export const http: Scenario = {
  name: 'http',
  title: 'the REST door, by autocannon',
  subjects: ['maiwei'],
  size: { members: 100, rate: 1, seconds: 2 },
  measure: ({ subject, size: { members, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const [server] = stage.servers as [ServerUnderTest];
      const token = signToken({ userId: 'backend', secret, scope: 'service' });
      await foundRooms(server, token, members);
      const shot = (path: string) => fire(server, { path, token, seconds });
      // A warm-up, if there is time: autocannon knows only whole seconds.
      if (seconds >= 1) await fire(server, { path: '/v1/rooms', token, seconds: 1 });
      const { result, cpuUs, elapsedMs } = await watch(stage, async () => ({
        rooms: await shot('/v1/rooms'),
        room: await shot('/v1/rooms/room-0'),
        livez: await shot('/livez'),
      }));
      const { rooms, room, livez } = result;
      return {
        numbers: {
          roomsPerSecond: rooms.perSecond,
          roomsP99Ms: rooms.p99Ms,
          roomPerSecond: room.perSecond,
          roomP99Ms: room.p99Ms,
          livezPerSecond: livez.perSecond,
          livezP99Ms: livez.p99Ms,
          failedRequests: rooms.failed + room.failed + livez.failed,
          serverLoad: (cpuUs[0] as number) / 1_000 / elapsedMs,
        },
        warnings: [],
      };
    }),
};

interface Shot {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** The JSON output of autocannon, as far as it is used. */
interface Report {
  readonly requests: { readonly average: number };
  readonly latency: { readonly p99: number };
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
}

interface Target {
  readonly path: string;
  readonly token: string;
  readonly seconds: number;
}

function fire({ host, port }: ServerUnderTest, { path, token, seconds }: Target): Promise<Shot> {
  const flags = ['--json', '--no-progress', '-c', String(CONNECTIONS), '-d', String(Math.max(1, Math.round(seconds)))];
  const child = spawn(
    process.execPath,
    [autocannon, ...flags, '-H', `authorization=Bearer ${token}`, `http://${host}:${port}${path}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  let problems = '';
  child.stdout.on('data', (text: Buffer) => (output += text));
  child.stderr.on('data', (text: Buffer) => (problems += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return reject(new Error(`autocannon ended with ${code}: ${problems}`));
      const { requests, latency, errors, timeouts, non2xx } = JSON.parse(output) as Report;
      resolve({ perSecond: requests.average, p99Ms: latency.p99, failed: errors + timeouts + non2xx });
    });
  });
}

/** Creates the rooms and waits until they fill a page of the list. */
async function foundRooms({ host, port }: ServerUnderTest, token: string, count: number): Promise<void> {
  const address = `http://${host}:${port}/v1/rooms`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (let index = 0; index < count; index++) {
    const body = JSON.stringify({ roomId: `room-${index}`, ownerId: `owner-${index}`, ...roomSettings });
    const answer = await fetch(address, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`no room: ${await answer.text()}`);
  }
  const until = monotonicMs() + LISTED_MAX_MS;
  for (let listed = 0; listed < Math.min(count, LIST_LIMIT); await pauseMs(50)) {
    const answer = (await (await fetch(address, { headers })).json()) as { data: { rooms: readonly object[] } };
    listed = answer.data.rooms.length;
    if (monotonicMs() > until) throw new Error(`only ${listed} of ${count} rooms are listed`);
  }
}

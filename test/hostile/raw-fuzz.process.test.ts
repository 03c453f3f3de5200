// 100,000 invalid frames against a real server process, while two people use a room and see no fault.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppClient, connectAs, devToken } from '../support/app-client.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { answersEvent, answersPing, type Campaign, runCampaign } from './campaign.ts';
import { compressed } from './compressed-frames.ts';
import { engine, giants, socketIo, webSocket } from './frames.ts';
import { connectPacket, RawConnection, text, withCompression } from './raw-connection.ts';
import { unlimited } from './scene.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_123);
/** The server's heap: a leak of a few hundred bytes per frame would exceed it. */
const HEAP_MAX_MIB = 128;
const RSS_GROWTH_MAX_MIB = 96;

let server: ServerProcess;
let bystanders: { readonly sitter: AppClient; readonly watcher: AppClient };
const room = { roomId: 'bystanders' };

beforeAll(async () => {
  const NODE_OPTIONS = `--max-old-space-size=${HEAP_MAX_MIB}`;
  server = await startServerProcess({ ...unlimited, NODE_OPTIONS, LOG_LEVEL: 'warn' });
  bystanders = { sitter: await connectAs(server.url, 'sitter'), watcher: await connectAs(server.url, 'watcher') };
  await bystanders.sitter.do('room:create', { ...room, title: 'Quiet', seatMode: 'free' });
  await bystanders.watcher.do('room:join', room);
});
afterAll(async () => {
  bystanders?.sitter.close();
  bystanders?.watcher.close();
  await server?.stop();
});

/** The resident memory of the process; from /proc where it exists, as small images have no `ps`. */
function rssMiB(): number {
  const { pid } = server.process;
  const status = `/proc/${pid}/status`;
  const kib = existsSync(status)
    ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kib) / 1024;
}

/** The sitter takes and leaves a seat until the task is done; every ack must be ok. Returns how often. */
async function whileSitting(task: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  task.then(done, done);
  let times = 0;
  for (; !isDone; times++) {
    await bystanders.sitter.do('seat:take', room);
    await bystanders.sitter.do('seat:leave', room);
  }
  await task;
  return times;
}

describe('frames', () => {
  test('[CONN-11][CONN-9] 100,000 hostile frames end only their own connections; the process does not grow', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 40 }, (_, index) => devToken(server.url, { userId: `fuzz-${index}` })),
    );
    const anonymous = { begin: () => RawConnection.open(server.url), isAlive: answersPing };
    const negotiated = { begin: () => RawConnection.open(server.url, withCompression), isAlive: answersPing };
    const admitted = {
      begin: (index: number) => RawConnection.admitted(server.url, tokens[index % tokens.length] ?? ''),
      isAlive: answersEvent,
    };
    const campaigns: Campaign[] = [
      { ...anonymous, level: webSocket, connections: 150, pieces: 60 },
      { ...negotiated, level: compressed, connections: 120, pieces: 60 },
      { ...anonymous, level: engine, connections: 100, pieces: 120 },
      { ...admitted, level: socketIo, connections: 160, pieces: 400 },
    ];
    const outcomes: { frames: number; died: string[] }[] = [];
    const times = await whileSitting(
      (async () => {
        // The first round warms the server up; growth after it would have no end.
        for (const campaign of campaigns) outcomes.push(await runCampaign({ ...campaign, connections: 40 }, SEED + 1));
        const before = rssMiB();
        for (const campaign of campaigns) outcomes.push(await runCampaign(campaign, SEED));
        expect(rssMiB() - before).toBeLessThan(RSS_GROWTH_MAX_MIB);
      })(),
    );
    expect(outcomes.flatMap(({ died }) => died)).toEqual([]);
    expect(outcomes.reduce((sum, { frames }) => sum + frames, 0)).toBeGreaterThan(100_000);
    expect(times).toBeGreaterThan(100);
  });

  test.each(Object.entries(giants))('[CONN-11] %s is answered', async (_what, packet) => {
    const connection = await RawConnection.admitted(server.url, await devToken(server.url, { userId: 'giant' }));
    const answered = connection.received((message) => message.startsWith('437['));
    await whileSitting(Promise.resolve(connection.write([text(packet)])).then(() => answered));
    expect(await answered).toMatch(/"code":"(BAD_REQUEST|UNKNOWN_EVENT)"/);
    connection.end();
    await connection.closed;
  });

  test('[CONN-11] a connection that asks 50 times at once is admitted once at most', async () => {
    const token = await devToken(server.url, { userId: 'repeater' });
    const connection = await RawConnection.open(server.url);
    connection.write(Array.from({ length: 50 }, () => text(connectPacket(token))));
    await connection.dismissed;
    connection.destroy();
    expect(connection.texts.filter((message) => message.startsWith('40{"sid"')).length).toBeLessThanOrEqual(1);
  });
});

describe('afterwards', () => {
  test('[SYNC-3] the watcher has got every update of the room once and in order', async () => {
    const { version } = await bystanders.sitter.do('seat:take', room);
    const updates = () => bystanders.watcher.payloadsOf('room:events').flatMap((packet) => packet.updates);
    await expect.poll(() => updates().at(-1)?.version).toBe(version);
    expect(updates().map((update) => update.version)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
    expect(updates().map(({ events }) => events.map(({ type }) => type).join())).toEqual(
      Array.from({ length: version }, (_, index) => (index % 2 === 0 ? 'seat.taken' : 'seat.left')),
    );
  });

  test('[CONN-11] a new user is served as before, and the log has no errors', async () => {
    const fresh = await connectAs(server.url, 'fresh');
    const { room: snapshot } = (await fresh.do('room:join', room)) as { room: { audience: { count: number } } };
    expect(snapshot.audience.count).toBe(3);
    await fresh.do('room:create', { title: 'New' });
    fresh.close();
    expect(server.process.exitCode).toBeNull();
    // 50 and above: errors, which would be bugs of the server.
    expect(server.output().match(/^.*"level":[5-9]\d.*$/gm) ?? []).toEqual([]);
  });
});

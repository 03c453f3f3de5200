// The metrics page: of a whole server after known traffic, and of single commits.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import { commandSchemas } from '../../src/protocol/commands.ts';
import { errorCodes } from '../../src/protocol/errors.ts';
import type { Commit, CommitResult, RoomStore } from '../../src/store/room-store.ts';
import { measureCommits } from '../../src/store/room-store-measured.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../src/store/store-errors.ts';
import { type AppClient, connectAs } from '../support/app-client.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { parseMetrics, seriesOf } from '../support/metrics-page.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const idle = { connections: 0, rooms: 0, members: 0, seatsTaken: 0, isStoreUp: true };

describe('a server after known traffic', () => {
  let app: TestApp;
  let owner: AppClient;
  let guest: AppClient;
  let listener: AppClient;
  let page: string;
  let samples: Map<string, number>;
  /** The texts of room events as they arrived on the wire, with Socket.IO's packet type. */
  const arrived: string[] = [];

  beforeAll(async () => {
    app = await startTestApp();
    owner = await connectAs(app.url, 'olga');
    guest = await connectAs(app.url, 'gustav');
    listener = await connectAs(app.url, 'greta');
    for (const { socket } of [owner, guest, listener]) {
      socket.io.engine.on('packet', ({ type, data }: { type: string; data?: unknown }) => {
        if (type === 'message' && typeof data === 'string' && data.startsWith('2[')) arrived.push(data);
      });
    }
    await owner.do('room:create', { roomId: 'r-7', title: '大厅', seatMode: 'free' });
    await guest.do('room:join', { roomId: 'r-7' });
    await listener.do('room:join', { roomId: 'r-7' });
    await owner.do('seat:take', { roomId: 'r-7', seat: 2 });
    await guest.refused('seat:take', { roomId: 'r-7', seat: 2 });
    await guest.do('seat:take', { roomId: 'r-7', seat: 3 });
    await guest.refused('seat:take', { roomId: 'r-7', seat: -1 });
    await guest.refused('made:up', { roomId: 'r-7' });
    await guest.refused('__proto__', {});
    guest.socket.emit('mic:set', { roomId: 'r-7', on: false });
    await guest.do('seat:leave', { roomId: 'r-7' });
    // A client that has this answer also has everything sent before it.
    for (const one of [owner, guest, listener]) await one.do('room:sync', { roomId: 'r-7', epoch: 'none', version: 0 });
    await app.rooms.idle();
    const response = await fetch(`${app.opsUrl}/metrics`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    page = await response.text();
    samples = parseMetrics(page);
  });
  afterAll(async () => {
    owner.close();
    guest.close();
    listener.close();
    await app.stop();
  });

  test('[OPS-1] connections, rooms, members and seats are counted as they are now', async () => {
    const now = ['connections', 'rooms', 'members', 'seats_taken', 'store_up'];
    expect(now.map((name) => samples.get(`maiwei_${name}`))).toEqual([3, 1, 3, 1, 1]);
  });

  test('[OPS-1] every command is counted once by its result, even without an ack', () => {
    expect(seriesOf(samples, 'maiwei_commands_total')).toEqual({
      'maiwei_commands_total{command="room:create",result="ok"}': 1,
      'maiwei_commands_total{command="room:join",result="ok"}': 2,
      'maiwei_commands_total{command="room:sync",result="ok"}': 3,
      'maiwei_commands_total{command="seat:take",result="ok"}': 2,
      'maiwei_commands_total{command="seat:take",result="SEAT_TAKEN"}': 1,
      'maiwei_commands_total{command="seat:take",result="BAD_REQUEST"}': 1,
      'maiwei_commands_total{command="unknown",result="UNKNOWN_EVENT"}': 2,
      'maiwei_commands_total{command="mic:set",result="ok"}': 1,
      'maiwei_commands_total{command="seat:leave",result="ok"}': 1,
    });
    expect(samples.get('maiwei_command_duration_seconds_count{command="seat:take"}')).toBe(4);
  });

  test('[OPS-1] each turn is one commit: four changed the stage, one validated a refusal', () => {
    expect(seriesOf(samples, 'maiwei_commit_results_total')).toEqual({
      'maiwei_commit_results_total{status="committed"}': 5,
    });
    expect(samples.get('maiwei_commit_conflicts_total')).toBe(0);
    expect(samples.get('maiwei_commit_duration_seconds_count')).toBe(5);
    expect(samples.get('maiwei_commit_duration_seconds_sum')).toBeLessThan(5);
  });

  test('[OPS-1] the fan-out counts each event once per connection, and the bytes that arrive', () => {
    const eventOf = (text: string) => (JSON.parse(text.slice(1)) as [string])[0];
    const names = new Set(arrived.map(eventOf));
    expect([...names].sort()).toEqual(['room:audience', 'room:events', 'rtc:grant']);
    for (const name of names) {
      const texts = arrived.filter((text) => eventOf(text) === name);
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      expect(samples.get(`maiwei_fanout_events_total{event="${name}"}`), name).toBe(texts.length);
      expect(samples.get(`maiwei_fanout_bytes_total{event="${name}"}`), name).toBe(bytes);
    }
    // Four commits, three members.
    expect(samples.get('maiwei_fanout_events_total{event="room:events"}')).toBe(12);
  });

  test('[OPS-1] the process itself: memory, CPU, the delay of its loop', () => {
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect(samples.has(name), name).toBe(true);
  });

  test('[OPS-2] no label holds anything that came from a client', () => {
    const allowed = new Set<string>(['ok', 'unknown', ...Object.keys(commandSchemas), ...errorCodes]);
    const labels = [...page.matchAll(/^maiwei_commands_total\{command="([^"]*)",result="([^"]*)"\}/gm)].flatMap(
      ([, command, result]) => [command as string, result as string],
    );
    expect(labels.length).toBeGreaterThan(10);
    expect(labels.filter((label) => !allowed.has(label))).toEqual([]);
    for (const sent of [
      'olga',
      'gustav',
      'greta',
      'r-7',
      '大厅',
      'made:up',
      '__proto__',
      owner.socket.id ?? '?',
      'eyJ',
    ])
      expect(page).not.toContain(sent);
  });

  test('[OPS-2] the public port does not serve the page', async () => {
    expect((await fetch(`${app.url}/metrics`)).status).toBe(404);
  });

  test('[OPS-1] gauges go down again, and two servers of one process have separate numbers', async () => {
    const other = await startTestApp(
      {},
      { engines: { ...createMemoryEngines(systemClock), isHealthy: async () => false } },
    );
    const text = await (await fetch(`${other.opsUrl}/metrics`)).text();
    const samplesThere = parseMetrics(text);
    expect(seriesOf(samplesThere, 'maiwei_commands_total')).toEqual({});
    expect(['connections', 'rooms', 'store_up'].map((name) => samplesThere.get(`maiwei_${name}`))).toEqual([0, 0, 0]);
    await other.stop();
    await guest.do('room:leave', { roomId: 'r-7' });
    await owner.do('room:close', { roomId: 'r-7' });
    await app.rooms.idle();
    const now = parseMetrics(await (await fetch(`${app.opsUrl}/metrics`)).text());
    expect(['connections', 'rooms', 'members', 'seats_taken'].map((name) => now.get(`maiwei_${name}`))).toEqual([
      3, 0, 0, 0,
    ]);
  });
});

describe('commits', () => {
  test('[OPS-1] results, conflicts and failures are counted apart, and every attempt is timed', async () => {
    const clock = new ManualClock();
    const metrics = new Metrics();
    const answers: (CommitResult['status'] | Error)[] = [
      'committed',
      'behind',
      'elsewhere',
      'refused',
      new StoreUnavailableError('away'),
      new OutcomeUnknownError('no reply'),
      new TypeError('a bug'),
    ];
    const left = [...answers];
    const engine = {
      commit: async () => {
        await clock.advance(30);
        const answer = left.shift();
        if (answer instanceof Error) throw answer;
        return { status: answer };
      },
    } as unknown as RoomStore;
    const store = measureCommits(engine, { metrics, clock });
    for (const answer of answers) {
      const outcome = await store.commit({} as Commit).catch((error: unknown) => error);
      expect(answer instanceof Error ? outcome : (outcome as CommitResult).status).toBe(answer);
    }
    const samples = parseMetrics(await metrics.render(idle));
    const statuses = ['committed', 'behind', 'elsewhere', 'refused', 'unavailable', 'unknown', 'failed'];
    expect(seriesOf(samples, 'maiwei_commit_results_total')).toEqual(
      Object.fromEntries(statuses.map((status) => [`maiwei_commit_results_total{status="${status}"}`, 1])),
    );
    expect(samples.get('maiwei_commit_conflicts_total')).toBe(2);
    expect(samples.get('maiwei_commit_duration_seconds_sum')).toBeCloseTo(7 * 0.03);
    expect(samples.get('maiwei_commit_duration_seconds_bucket{le="0.025"}')).toBe(0);
    expect(samples.get('maiwei_commit_duration_seconds_bucket{le="0.05"}')).toBe(7);
  });
});

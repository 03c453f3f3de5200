// The outbox under load: slow consumers get less and delay nobody; a very large room is written to in time slices.
import { beforeEach, describe, expect, test } from 'vitest';
import { Outbox } from '../../src/delivery/outbox.ts';
import type { Recipient } from '../../src/delivery/recipient.ts';
import {
  BACKLOG_MAX_BYTES,
  BACKLOG_NO_REACTIONS_BYTES,
  BACKLOG_STAGE_ONLY_BYTES,
} from '../../src/delivery/slow-consumers.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';
import { audience, message, reaction, update } from './broadcasts.ts';
import { RecordingConnection, WrittenBatches } from './recording-connection.ts';

let written: WrittenBatches;
let outbox: Outbox;
beforeEach(() => {
  written = new WrittenBatches();
  outbox = new Outbox({ roomId: 'r1', clock: new ManualClock(), connections: written, onRecovered: () => undefined });
});

function join() {
  const connection = new RecordingConnection();
  return { connection, recipient: outbox.add(connection, 'public') };
}
const crowd = (size: number) => Array.from({ length: size }, () => join());

describe('a slow consumer', () => {
  test('[MSG-2] gets no reactions, then only the stage, and then its connection ends; the others get all', () => {
    const [slow, fast] = [join(), join()];
    const sendAll = (backlogBytes: number, version: number) => {
      slow.connection.backlogBytes = backlogBytes;
      outbox.enqueue([message(`m${version}`), reaction('❤'), audience(version)]);
      outbox.broadcastNow(update(version));
    };
    sendAll(BACKLOG_NO_REACTIONS_BYTES, 1);
    sendAll(BACKLOG_NO_REACTIONS_BYTES + 1, 2);
    sendAll(BACKLOG_STAGE_ONLY_BYTES, 3);
    sendAll(BACKLOG_STAGE_ONLY_BYTES + 1, 4);
    sendAll(BACKLOG_MAX_BYTES, 5);
    expect(slow.connection.isOverflowed).toBe(false);
    expect(slow.connection.items()).toEqual(['m1', 'v1', '❤×1', 'n1', 'm2', 'v2', 'n2', 'm3', 'v3', 'n3', 'v4', 'v5']);
    sendAll(BACKLOG_MAX_BYTES + 1, 6);
    sendAll(0, 7);
    expect(slow.connection.isOverflowed).toBe(true);
    expect(slow.connection.items().at(-1)).toBe('v5');
    expect(fast.connection.items()).toHaveLength(7 * 4);
  });
});

describe('a slow consumer that has caught up', () => {
  let clock: ManualClock;
  let recovered: Recipient[];
  let slow: ReturnType<typeof join>;
  beforeEach(() => {
    clock = new ManualClock();
    recovered = [];
    const onRecovered = (recipient: Recipient) => void recovered.push(recipient);
    outbox = new Outbox({ roomId: 'r1', clock, connections: written, onRecovered });
    slow = join();
    join();
  });

  test('[MSG-2] needs a snapshot, once, even when the room sends nothing more', async () => {
    slow.connection.backlogBytes = BACKLOG_STAGE_ONLY_BYTES + 1;
    outbox.enqueue([message('left out')]);
    outbox.flush();
    await clock.advance(10_000);
    slow.connection.backlogBytes = 1;
    await clock.advance(10_000);
    expect(recovered).toEqual([]);
    slow.connection.backlogBytes = 0;
    await clock.advance(1_000);
    expect(recovered).toEqual([slow.recipient]);
    await clock.advance(60_000);
    expect(recovered).toHaveLength(1);
  });

  test('[MSG-2] needs no snapshot when nothing was left out for it', async () => {
    slow.connection.backlogBytes = BACKLOG_STAGE_ONLY_BYTES + 1;
    outbox.broadcastNow(update(1));
    slow.connection.backlogBytes = BACKLOG_NO_REACTIONS_BYTES + 1;
    outbox.enqueue([message('a')]);
    outbox.flush();
    slow.connection.backlogBytes = 0;
    await clock.advance(60_000);
    expect(recovered).toEqual([]);
  });

  test('[MSG-2] gets no snapshot more often than every 30 s: a slow network would carry nothing else', async () => {
    for (let round = 0; round < 10; round++) {
      slow.connection.backlogBytes = BACKLOG_NO_REACTIONS_BYTES + 1;
      outbox.enqueue([reaction('❤')]);
      outbox.flush();
      slow.connection.backlogBytes = 0;
      await clock.advance(6_000);
    }
    expect(recovered).toHaveLength(2);
  });

  test('[MSG-2] or has not: over the limit its connection ends, even when the room sends nothing', async () => {
    slow.connection.backlogBytes = BACKLOG_STAGE_ONLY_BYTES + 1;
    outbox.enqueue([message('left out')]);
    outbox.flush();
    slow.connection.backlogBytes = BACKLOG_MAX_BYTES + 1;
    await clock.advance(1_000);
    expect(slow.connection.isOverflowed).toBe(true);
  });
});

test('[MSG-6] a message that a moderator deletes goes from every screen, however slow the client', () => {
  const slow = join();
  slow.connection.backlogBytes = BACKLOG_STAGE_ONLY_BYTES + 1;
  outbox.enqueue([message('a'), { kind: 'deletion', json: '{"messageId":"a"}' }]);
  outbox.flush();
  expect(slow.connection.items()).toEqual(['-a']);
});

test('[MSG-1] when a write fails, the other recipients still get everything', () => {
  const [first, second, third] = [join(), join(), join()];
  second.connection.onWrite = () => {
    second.connection.onWrite = () => undefined;
    throw new Error('no socket should do that');
  };
  expect(() => outbox.broadcastNow(update(1))).toThrow();
  outbox.broadcastNow(update(2));
  expect([first, second, third].map(({ connection }) => connection.items())).toEqual([
    ['v1', 'v2'],
    ['v1', 'v2'],
    ['v1', 'v2'],
  ]);
});

test('[SYNC-8] many recipients that pause while broadcasts wait share one encoded batch', () => {
  const many = crowd(1_000);
  outbox.enqueue([message('a'), message('b')]);
  for (const { recipient } of many) recipient.switchTo('paused');
  expect(new Set(many.flatMap(({ connection }) => connection.batches)).size).toBe(1);
  outbox.flush();
  expect(many.every(({ connection }) => connection.items().join() === 'a,b')).toBe(true);
});

describe('large rooms', () => {
  /** A clock on which every write takes time. */
  class BusyClock extends ManualClock {
    spentMs = 0;

    override monotonic(): number {
      return super.monotonic() + this.spentMs;
    }
  }
  const MS_PER_WRITE = 0.05;
  let busy: BusyClock;
  let everyone: ReturnType<typeof join>[];

  beforeEach(() => {
    busy = new BusyClock();
    outbox = new Outbox({ roomId: 'r1', clock: busy, connections: written, onRecovered: () => undefined });
    everyone = crowd(1_000);
    for (const { connection } of everyone) {
      connection.onWrite = () => {
        busy.spentMs += MS_PER_WRITE;
      };
    }
  });
  const reached = (version: number) =>
    everyone.filter(({ connection }) => connection.items().includes(`v${version}`)).length;

  test('[MSG-7] writing to a large room yields to the event loop every 5 ms, and reaches everybody', async () => {
    outbox.broadcastNow(update(1));
    expect(reached(1)).toBeGreaterThanOrEqual(100);
    expect(reached(1)).toBeLessThan(200);
    await runMicrotasks();
    expect(reached(1)).toBeLessThan(400);
    await expect.poll(() => reached(1)).toBe(1_000);
  });

  test('[SYNC-3] first in, first out: a later batch waits, and a private send comes behind all before it', async () => {
    outbox.broadcastNow(update(1));
    outbox.broadcastNow(update(2));
    outbox.enqueue([message('waiting')]);
    const last = everyone.at(-1) as ReturnType<typeof join>;
    expect(last.connection.items()).toEqual([]);
    last.recipient.send('room:left', { roomId: 'r1' as never, reason: 'kicked' });
    expect(last.connection.items()).toEqual(['v1', 'v2', 'waiting', 'room:left']);
    const newcomer = join();
    const leaver = everyone.at(-2) as ReturnType<typeof join>;
    leaver.recipient.leave();
    outbox.broadcastNow(update(3));
    await expect.poll(() => reached(3)).toBe(999);
    expect(newcomer.connection.items()).toEqual(['v3']);
    expect(leaver.connection.items()).toEqual(['v1', 'v2', 'waiting']);
    expect(last.connection.items()).toEqual(['v1', 'v2', 'waiting', 'room:left', 'v3']);
    for (const { connection } of everyone.slice(0, -2))
      expect(connection.items()).toEqual(['v1', 'v2', 'waiting', 'v3']);
    // While the first batch was on its way the rest waited, and went as one.
    expect(everyone[0]?.connection.batches).toHaveLength(2);
  });

  test('[MSG-2] a broadcast during a long delivery waits for its own window', async () => {
    outbox.broadcastNow(update(1));
    outbox.enqueue([message('a')]);
    await expect.poll(() => reached(1)).toBe(1_000);
    await runMicrotasks();
    expect(everyone[0]?.connection.items()).toEqual(['v1']);
    await busy.advance(100);
    await expect.poll(() => everyone.filter(({ connection }) => connection.items().includes('a')).length).toBe(1_000);
  });

  test('[SYNC-8] a recipient that changes its stream has got the old one up to there', async () => {
    outbox.broadcastNow(update(1));
    const last = everyone.at(-1) as ReturnType<typeof join>;
    last.recipient.switchTo('paused');
    outbox.broadcastNow(update(2));
    await expect.poll(() => reached(2)).toBe(999);
    expect(last.connection.items()).toEqual(['v1']);
  });

  test('[OPS-1] a batch is reported when every recipient has it', async () => {
    outbox.broadcastNow(update(1));
    expect(written.batches).toEqual([]);
    await expect.poll(() => written.batches.length).toBe(1);
    expect(reached(1)).toBe(1_000);
  });
});

// The outbox: it gathers, keeps the order for everybody, repeats nothing and loses nothing.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Stream } from '../../src/delivery/broadcast.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import type { Recipient } from '../../src/delivery/recipient.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';
import { roomId as asRoomId } from '../support/stored-room.ts';
import { audience, message, reaction, update } from './broadcasts.ts';
import { RecordingConnection, WrittenBatches } from './recording-connection.ts';

let clock: ManualClock;
let written: WrittenBatches;
let outbox: Outbox;
beforeEach(() => {
  clock = new ManualClock();
  written = new WrittenBatches();
  outbox = new Outbox({ roomId: 'r1', clock, connections: written, onRecovered: () => undefined });
});

function join(stream: Stream = 'public') {
  const connection = new RecordingConnection();
  return { connection, recipient: outbox.add(connection, stream) };
}
const crowd = (size: number) => Array.from({ length: size }, () => join());

test('[MSG-7] private sends and leaves in one window share what waits, and it is reported once', async () => {
  const people = crowd(1_000);
  outbox.enqueue([message('a')]);
  await runMicrotasks();
  written.batches.length = 0;
  outbox.enqueue([message('b'), message('c')]);
  const [one, other, third] = people.slice(0, 3).map(({ connection, recipient }) => {
    recipient.send('room:left', { roomId: asRoomId('r1'), reason: 'kicked' });
    return connection;
  });
  expect(one?.items()).toEqual(['a', 'b', 'c', 'room:left']);
  expect(other?.batches[1]).toBe(one?.batches[1]);
  people[3]?.recipient.leave();
  expect(people[3]?.connection.batches[1]).toBe(one?.batches[1]);
  outbox.enqueue([message('d')]);
  expect(written.batches).toEqual([one?.batches[1]]);
  await clock.advance(1_000);
  expect(third?.items()).toEqual(['a', 'b', 'c', 'room:left', 'd']);
  expect(people[4]?.connection.items()).toEqual(['a', 'b', 'c', 'd']);
  expect(new Set(written.batches).size).toBe(written.batches.length);
});

describe('windows', () => {
  test('[MSG-1] in a quiet room broadcasts go out at once, those of one turn in one write', async () => {
    const { connection } = join();
    outbox.enqueue([message('a')]);
    outbox.enqueue([message('b')]);
    await runMicrotasks();
    expect(connection.items()).toEqual(['a', 'b']);
    expect(connection.batches).toHaveLength(1);
    await clock.advance(1_000);
    outbox.enqueue([message('c')]);
    await runMicrotasks();
    expect(connection.batches).toHaveLength(2);
  });

  test('[MSG-2] an atomic group without broadcasts flushes nothing', async () => {
    const [first] = crowd(1_000);
    outbox.enqueue([message('a')]);
    await runMicrotasks();
    outbox.enqueue([message('b')]);
    outbox.atomically(() => undefined);
    outbox.atomically(() => first?.recipient.send('room:left', { roomId: asRoomId('r1'), reason: 'kicked' }));
    expect(first?.connection.items()).toEqual(['a', 'b', 'room:left']);
    expect(written.batches).toHaveLength(1);
    await clock.advance(1_000);
    expect(written.batches).toHaveLength(2);
  });

  test('[PRES-3] a recipient that changes its stream within an atomic group gets only what came before the group', () => {
    const { connection, recipient } = join();
    outbox.enqueue([message('before')]);
    outbox.atomically(() => {
      outbox.broadcastNow(update(1));
      recipient.switchTo('paused');
      outbox.broadcastNow(update(2));
    });
    recipient.switchTo('staff');
    outbox.broadcastNow(update(3));
    expect(connection.items()).toEqual(['before', 'v3']);
  });

  test('[PRES-3] an atomic group is written as one; a recipient that is removed gets what came until then', () => {
    const { connection } = join();
    const [leaver, addressed] = [join(), join()];
    outbox.atomically(() => {
      outbox.broadcastNow(update(1));
      addressed.recipient.send('room:left', { roomId: asRoomId('r1'), reason: 'kicked' });
      leaver.recipient.send('room:left', { roomId: asRoomId('r1'), reason: 'kicked' });
      leaver.recipient.leave();
      outbox.atomically(() => outbox.broadcastNow(update(2)));
      expect(connection.batches).toEqual([]);
    });
    expect(connection.batches).toHaveLength(1);
    expect(leaver.connection.items()).toEqual(['v1', 'room:left']);
    expect(addressed.connection.items()).toEqual(['v1', 'v2', 'room:left']);
    expect(addressed.connection.batches).toEqual(connection.batches);
    outbox.broadcastNow(update(3));
    expect(connection.batches).toHaveLength(2);
  });

  test('[MSG-2] a busy room gathers: 1,000 members and 100 messages a second are ten writes a second', async () => {
    const [first] = crowd(1_000);
    for (let index = 0; index < 300; index++) {
      outbox.enqueue([message(`m${index}`)]);
      await clock.advance(10);
    }
    await clock.advance(1_000);
    expect(first?.connection.items()).toEqual(Array.from({ length: 300 }, (_, index) => `m${index}`));
    // The windows are shorter until the measured rate has risen.
    expect(first?.connection.batches.length).toBeLessThan(300 / 10 + 20);
    expect(first?.connection.batches.length).toBeGreaterThanOrEqual(29);
  });

  test('[MSG-2] no message waits longer than 100 ms', async () => {
    const [first] = crowd(1_000);
    for (let index = 0; index < 200; index++) {
      outbox.enqueue([message(`m${index}`)]);
      await clock.advance(7);
      const due = (index * 7 - 100) / 7;
      expect(first?.connection.items().length).toBeGreaterThanOrEqual(due);
    }
  });

  test('[MSG-2] 32 broadcasts, or 16 KiB, do not wait for the window', async () => {
    const [first] = crowd(5_000);
    const { connection } = first as { connection: RecordingConnection };
    outbox.enqueue([message('first')]);
    await runMicrotasks();
    for (let index = 0; index < 31; index++) outbox.enqueue([message(`m${index}`)]);
    await runMicrotasks();
    expect(connection.items()).toEqual(['first']);
    outbox.enqueue([message('m31')]);
    expect(connection.items()).toHaveLength(33);
    outbox.enqueue([message('long', 'x'.repeat(16 * 1024))]);
    expect(connection.items().at(-1)).toBe('long');
  });

  test('[SYNC-3] stage events do not wait, and what waits goes with them', async () => {
    const [first] = crowd(5_000);
    const { connection } = first as { connection: RecordingConnection };
    outbox.enqueue([message('a')]);
    await runMicrotasks();
    outbox.enqueue([message('b')]);
    expect(connection.items()).toEqual(['a']);
    outbox.broadcastNow(update(1));
    expect(connection.items()).toEqual(['a', 'b', 'v1']);
    expect(connection.batches).toHaveLength(2);
    await clock.advance(1_000);
    expect(connection.items()).toHaveLength(3);
  });

  test('[MSG-2] a flush replaces the planned one: later messages wait for their own window', async () => {
    crowd(1_000);
    for (let index = 0; index < 60; index++) outbox.enqueue([message(`m${index}`)]);
    outbox.flush();
    await clock.advance(90);
    outbox.enqueue([message('a')]);
    outbox.enqueue([message('b')]);
    outbox.broadcastNow(update(1));
    const { connection } = join();
    outbox.enqueue([message('c')]);
    await clock.advance(50);
    expect(connection.items()).toEqual([]);
    await clock.advance(50);
    expect(connection.items()).toEqual(['c']);
  });

  test('[MSG-2] close() writes what waits; later broadcasts are dropped', async () => {
    const { connection } = join();
    outbox.enqueue([message('a')]);
    outbox.close();
    outbox.enqueue([message('b')]);
    outbox.broadcastNow(update(1));
    await clock.advance(1_000);
    expect(connection.items()).toEqual(['a']);
  });
});

describe('packets', () => {
  test('[SYNC-1] broadcasts of one kind share a packet; updates are its items, never merged', () => {
    const { connection } = join();
    outbox.enqueue([message('a'), message('b')]);
    outbox.enqueue([reaction('❤', 2), message('c'), reaction('clap'), reaction('❤', 3)]);
    outbox.enqueue([audience(3), audience(4)]);
    outbox.broadcastNow(update(7));
    expect(connection.received).toEqual([
      {
        event: 'room:messages',
        payload: { roomId: 'r1', messages: ['a', 'b', 'c'].map((messageId) => ({ messageId, text: '' })) },
      },
      { event: 'room:events', payload: { roomId: 'r1', epoch: 'e', updates: [{ version: 7 }] } },
      {
        event: 'room:messages',
        payload: {
          roomId: 'r1',
          messages: [
            { kind: 'reaction', key: '❤', count: 5 },
            { kind: 'reaction', key: 'clap', count: 1 },
          ],
        },
      },
      { event: 'room:audience', payload: { roomId: 'r1', count: 4 } },
    ]);
  });

  test('[MSG-6] a deletion stays behind its message', () => {
    const { connection } = join();
    outbox.enqueue([
      message('a'),
      { kind: 'deletion', json: '{"roomId":"r1","messageId":"a","by":"x"}' },
      message('b'),
    ]);
    outbox.flush();
    expect(connection.items()).toEqual(['a', '-a', 'b']);
  });

  test('[SYNC-5] staff events are for staff; everybody else shares one encoded batch', () => {
    const [one, other, staff] = [join(), join(), join('staff')];
    outbox.enqueue([message('a')]);
    outbox.broadcastNow(update(1, 'staffOnly'));
    expect([one, other, staff].map(({ connection }) => connection.items())).toEqual([['a'], ['a'], ['a', 'v1']]);
    expect(one.connection.batches[0]).toBe(other.connection.batches[0]);
    outbox.broadcastNow(update(2, 'staffOnly'));
    expect(one.connection.batches).toHaveLength(1);
    outbox.enqueue([message('b')]);
    outbox.flush();
    expect(staff.connection.batches.at(-1)).toBe(one.connection.batches.at(-1));
  });
});

describe('recipients that come and go in the middle of a window', () => {
  const quietBefore = async () => {
    crowd(5_000);
    outbox.enqueue([message('first')]);
    await runMicrotasks();
  };

  test('[ROOM-2] a new recipient gets later broadcasts, not those that waited before', async () => {
    await quietBefore();
    outbox.enqueue([message('a')]);
    const { connection } = join();
    outbox.enqueue([message('b')]);
    outbox.broadcastNow(update(1));
    expect(connection.items()).toEqual(['b', 'v1']);
  });

  test('[SYNC-3] a private send comes behind all broadcasts before it', async () => {
    await quietBefore();
    const { connection, recipient } = join();
    outbox.enqueue([message('a')]);
    recipient.send('room:left', { roomId: 'r1' as never, reason: 'kicked' });
    outbox.enqueue([message('b')]);
    outbox.flush();
    expect(connection.items()).toEqual(['a', 'room:left', 'b']);
  });

  test('[SYNC-8] a paused recipient gets messages, and updates again from where its stream resumes', async () => {
    await quietBefore();
    const { connection, recipient } = join();
    outbox.enqueue([message('a')]);
    recipient.switchTo('paused');
    outbox.broadcastNow(update(1));
    outbox.enqueue([message('b')]);
    recipient.switchTo('staff');
    outbox.broadcastNow(update(2, 'staffOnly'));
    expect(connection.items()).toEqual(['a', 'b', 'v2']);
  });

  test('[ROOM-3] a recipient that leaves gets what came before, and nothing more', async () => {
    await quietBefore();
    const [one, other] = [join(), join()];
    outbox.enqueue([message('a')]);
    one.recipient.leave();
    one.recipient.leave();
    outbox.enqueue([message('b')]);
    outbox.flush();
    expect(one.connection.items()).toEqual(['a']);
    expect(other.connection.items()).toEqual(['a', 'b']);
  });

  test('[MSG-1] a recipient that leaves while it is written to costs the others nothing', () => {
    const all = crowd(5);
    const [, second] = all as { connection: RecordingConnection; recipient: Recipient }[];
    (second as { connection: RecordingConnection }).connection.onWrite = () => second?.recipient.leave();
    outbox.broadcastNow(update(1));
    outbox.broadcastNow(update(2));
    expect(all.map(({ connection }) => connection.items())).toEqual([
      ['v1', 'v2'],
      ['v1'],
      ['v1', 'v2'],
      ['v1', 'v2'],
      ['v1', 'v2'],
    ]);
  });
});

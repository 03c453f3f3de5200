// The outbox: gathers, keeps order for everybody, repeats nothing, leaves out nothing but what is shed on purpose.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Stream } from '../../src/delivery/broadcast.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import type { Recipient } from '../../src/delivery/recipient.ts';
import { ManualClock, settleMicrotasks } from '../support/manual-clock.ts';
import { roomId as asRoomId } from '../support/stored-room.ts';
import { audience, message, reaction, update } from './broadcasts.ts';
import { Account, EarLine } from './recording-connection.ts';

let clock: ManualClock;
let account: Account;
let outbox: Outbox;
beforeEach(() => {
  clock = new ManualClock();
  account = new Account();
  outbox = new Outbox({ roomId: 'r1', clock, connections: account, onRecovered: () => undefined });
});

function join(hearing: Stream = 'public') {
  const line = new EarLine();
  return { line, recipient: outbox.add(line, hearing) };
}
const crowd = (size: number) => Array.from({ length: size }, () => join());

test('[MSG-7] many who are told something, or go, in one window share what waits, and it is accounted for once', async () => {
  const people = crowd(1_000);
  outbox.enqueue([message('a')]);
  await settleMicrotasks();
  account.parcels.length = 0;
  outbox.enqueue([message('b'), message('c')]);
  const [one, other, third] = people.slice(0, 3).map(({ line, recipient }) => {
    recipient.send('room:left', { roomId: asRoomId('r1'), reason: 'kicked' });
    return line;
  });
  expect(one?.items()).toEqual(['a', 'b', 'c', 'room:left']);
  expect(other?.parcels[1]).toBe(one?.parcels[1]);
  people[3]?.recipient.leave();
  expect(people[3]?.line.parcels[1]).toBe(one?.parcels[1]);
  outbox.enqueue([message('d')]);
  expect(account.parcels).toEqual([one?.parcels[1]]);
  await clock.advance(1_000);
  expect(third?.items()).toEqual(['a', 'b', 'c', 'room:left', 'd']);
  expect(people[4]?.line.items()).toEqual(['a', 'b', 'c', 'd']);
  expect(new Set(account.parcels).size).toBe(account.parcels.length);
});

describe('windows', () => {
  test('[MSG-1] in a quiet room what is said goes out at once, and what comes in one piece in one write', async () => {
    const { line } = join();
    outbox.enqueue([message('a')]);
    outbox.enqueue([message('b')]);
    await settleMicrotasks();
    expect(line.items()).toEqual(['a', 'b']);
    expect(line.parcels).toHaveLength(1);
    await clock.advance(1_000);
    outbox.enqueue([message('c')]);
    await settleMicrotasks();
    expect(line.parcels).toHaveLength(2);
  });

  test('[MSG-2] a whole in which nothing is said leaves waiting what waits', async () => {
    const [first] = crowd(1_000);
    outbox.enqueue([message('a')]);
    await settleMicrotasks();
    outbox.enqueue([message('b')]);
    outbox.atomically(() => undefined);
    outbox.atomically(() => first?.recipient.send('room:left', { roomId: asRoomId('r1'), reason: 'kicked' }));
    expect(first?.line.items()).toEqual(['a', 'b', 'room:left']);
    expect(account.parcels).toHaveLength(1);
    await clock.advance(1_000);
    expect(account.parcels).toHaveLength(2);
  });

  test('[PRES-3] who turns to another history within a whole hears nothing of it, but what was said before', () => {
    const { line, recipient } = join();
    outbox.enqueue([message('before')]);
    outbox.atomically(() => {
      outbox.broadcastNow(update(1));
      recipient.switchTo('paused');
      outbox.broadcastNow(update(2));
    });
    recipient.switchTo('staff');
    outbox.broadcastNow(update(3));
    expect(line.items()).toEqual(['before', 'v3']);
  });

  test('[PRES-3] what belongs together is written as one; who is put out hears what was said until then', () => {
    const { line } = join();
    const [leaver, addressed] = [join(), join()];
    outbox.atomically(() => {
      outbox.broadcastNow(update(1));
      addressed.recipient.send('room:left', { roomId: asRoomId('r1'), reason: 'kicked' });
      leaver.recipient.send('room:left', { roomId: asRoomId('r1'), reason: 'kicked' });
      leaver.recipient.leave();
      outbox.atomically(() => outbox.broadcastNow(update(2)));
      expect(line.parcels).toEqual([]);
    });
    expect(line.parcels).toHaveLength(1);
    expect(leaver.line.items()).toEqual(['v1', 'room:left']);
    expect(addressed.line.items()).toEqual(['v1', 'v2', 'room:left']);
    expect(addressed.line.parcels).toEqual(line.parcels);
    outbox.broadcastNow(update(3));
    expect(line.parcels).toHaveLength(2);
  });

  test('[MSG-2] a busy room gathers: 1,000 members and 100 lines a second are written ten times a second', async () => {
    const [first] = crowd(1_000);
    for (let index = 0; index < 300; index++) {
      outbox.enqueue([message(`m${index}`)]);
      await clock.advance(10);
    }
    await clock.advance(1_000);
    expect(first?.line.items()).toEqual(Array.from({ length: 300 }, (_, index) => `m${index}`));
    // While the rate is still being felt, the windows are shorter.
    expect(first?.line.parcels.length).toBeLessThan(300 / 10 + 20);
    expect(first?.line.parcels.length).toBeGreaterThanOrEqual(29);
  });

  test('[MSG-2] nobody waits longer than 100 ms', async () => {
    const [first] = crowd(1_000);
    for (let index = 0; index < 200; index++) {
      outbox.enqueue([message(`m${index}`)]);
      await clock.advance(7);
      const told = (index * 7 - 100) / 7;
      expect(first?.line.items().length).toBeGreaterThanOrEqual(told);
    }
  });

  test('[MSG-2] 32 announcements, or 16 KiB, do not wait for the window', async () => {
    const [first] = crowd(5_000);
    const { line } = first as { line: EarLine };
    outbox.enqueue([message('first')]);
    await settleMicrotasks();
    for (let index = 0; index < 31; index++) outbox.enqueue([message(`m${index}`)]);
    await settleMicrotasks();
    expect(line.items()).toEqual(['first']);
    outbox.enqueue([message('m31')]);
    expect(line.items()).toHaveLength(33);
    outbox.enqueue([message('long', 'x'.repeat(16 * 1024))]);
    expect(line.items().at(-1)).toBe('long');
  });

  test('[SYNC-3] stage events do not wait, and take along what does', async () => {
    const [first] = crowd(5_000);
    const { line } = first as { line: EarLine };
    outbox.enqueue([message('a')]);
    await settleMicrotasks();
    outbox.enqueue([message('b')]);
    expect(line.items()).toEqual(['a']);
    outbox.broadcastNow(update(1));
    expect(line.items()).toEqual(['a', 'b', 'v1']);
    expect(line.parcels).toHaveLength(2);
    await clock.advance(1_000);
    expect(line.items()).toHaveLength(3);
  });

  test('[MSG-2] close() writes what waits, then says nothing more', async () => {
    const { line } = join();
    outbox.enqueue([message('a')]);
    outbox.close();
    outbox.enqueue([message('b')]);
    outbox.broadcastNow(update(1));
    await clock.advance(1_000);
    expect(line.items()).toEqual(['a']);
  });
});

describe('packets', () => {
  test('[SYNC-1] what belongs together is one packet; updates are items of it, never merged', () => {
    const { line } = join();
    outbox.enqueue([message('a'), message('b')]);
    outbox.enqueue([reaction('❤', 2), message('c'), reaction('clap'), reaction('❤', 3)]);
    outbox.enqueue([audience(3), audience(4)]);
    outbox.broadcastNow(update(7));
    expect(line.received).toEqual([
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
    const { line } = join();
    outbox.enqueue([
      message('a'),
      { kind: 'deletion', json: '{"roomId":"r1","messageId":"a","by":"x"}' },
      message('b'),
    ]);
    outbox.flush();
    expect(line.items()).toEqual(['a', '-a', 'b']);
  });

  test('[SYNC-5] staff events are for staff; everybody else shares one parcel, encoded once', () => {
    const [one, other, staff] = [join(), join(), join('staff')];
    outbox.enqueue([message('a')]);
    outbox.broadcastNow(update(1, 'staffOnly'));
    expect([one, other, staff].map(({ line }) => line.items())).toEqual([['a'], ['a'], ['a', 'v1']]);
    expect(one.line.parcels[0]).toBe(other.line.parcels[0]);
    outbox.broadcastNow(update(2, 'staffOnly'));
    expect(one.line.parcels).toHaveLength(1);
    outbox.enqueue([message('b')]);
    outbox.flush();
    expect(staff.line.parcels.at(-1)).toBe(one.line.parcels.at(-1));
  });
});

describe('comings and goings in the middle of a window', () => {
  const quietBefore = async () => {
    crowd(5_000);
    outbox.enqueue([message('first')]);
    await settleMicrotasks();
  };

  test('[ROOM-2] who joins hears what is said from then on, not what waited before', async () => {
    await quietBefore();
    outbox.enqueue([message('a')]);
    const { line } = join();
    outbox.enqueue([message('b')]);
    outbox.broadcastNow(update(1));
    expect(line.items()).toEqual(['b', 'v1']);
  });

  test('[SYNC-3] what is said to one alone comes behind all that was said to all', async () => {
    await quietBefore();
    const { line, recipient } = join();
    outbox.enqueue([message('a')]);
    recipient.send('room:left', { roomId: 'r1' as never, reason: 'kicked' });
    outbox.enqueue([message('b')]);
    outbox.flush();
    expect(line.items()).toEqual(['a', 'room:left', 'b']);
  });

  test('[SYNC-8] who is owed a snapshot hears talk, and updates again from where he turns to them', async () => {
    await quietBefore();
    const { line, recipient } = join();
    outbox.enqueue([message('a')]);
    recipient.switchTo('paused');
    outbox.broadcastNow(update(1));
    outbox.enqueue([message('b')]);
    recipient.switchTo('staff');
    outbox.broadcastNow(update(2, 'staffOnly'));
    expect(line.items()).toEqual(['a', 'b', 'v2']);
  });

  test('[ROOM-3] who leaves has heard what was said before, and hears nothing more', async () => {
    await quietBefore();
    const [one, other] = [join(), join()];
    outbox.enqueue([message('a')]);
    one.recipient.leave();
    one.recipient.leave();
    outbox.enqueue([message('b')]);
    outbox.flush();
    expect(one.line.items()).toEqual(['a']);
    expect(other.line.items()).toEqual(['a', 'b']);
  });

  test('[MSG-1] a recipient that goes while it is written to takes nobody with it', () => {
    const all = crowd(5);
    const [, second] = all as { line: EarLine; recipient: Recipient }[];
    (second as { line: EarLine }).line.onWrite = () => second?.recipient.leave();
    outbox.broadcastNow(update(1));
    outbox.broadcastNow(update(2));
    expect(all.map(({ line }) => line.items())).toEqual([
      ['v1', 'v2'],
      ['v1'],
      ['v1', 'v2'],
      ['v1', 'v2'],
      ['v1', 'v2'],
    ]);
  });
});

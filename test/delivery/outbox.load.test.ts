// The outbox under load: who is behind hears less and holds up nobody; very many are written to stretch by stretch.
import { beforeEach, describe, expect, test } from 'vitest';
import { Outbox } from '../../src/delivery/outbox.ts';
import type { Recipient } from '../../src/delivery/recipient.ts';
import {
  BACKLOG_MAX_BYTES,
  BACKLOG_NO_REACTIONS_BYTES,
  BACKLOG_STAGE_ONLY_BYTES,
} from '../../src/delivery/slow-consumers.ts';
import { ManualClock, settleMicrotasks } from '../support/manual-clock.ts';
import { audience, message, reaction, update } from './broadcasts.ts';
import { Account, EarLine } from './recording-connection.ts';

let account: Account;
let outbox: Outbox;
beforeEach(() => {
  account = new Account();
  outbox = new Outbox({ roomId: 'r1', clock: new ManualClock(), connections: account, onRecovered: () => undefined });
});

function join() {
  const line = new EarLine();
  return { line, recipient: outbox.add(line, 'public') };
}
const crowd = (size: number) => Array.from({ length: size }, () => join());

describe('who is behind', () => {
  test('[MSG-2] hears no reactions, then nothing but the stage, then is given up; the others hear all', () => {
    const [slow, quick] = [join(), join()];
    const speak = (backlogBytes: number, version: number) => {
      slow.line.backlogBytes = backlogBytes;
      outbox.enqueue([message(`m${version}`), reaction('❤'), audience(version)]);
      outbox.broadcastNow(update(version));
    };
    speak(BACKLOG_NO_REACTIONS_BYTES, 1);
    speak(BACKLOG_NO_REACTIONS_BYTES + 1, 2);
    speak(BACKLOG_STAGE_ONLY_BYTES, 3);
    speak(BACKLOG_STAGE_ONLY_BYTES + 1, 4);
    speak(BACKLOG_MAX_BYTES, 5);
    expect(slow.line.hasBeenGivenUp).toBe(false);
    expect(slow.line.items()).toEqual(['m1', 'v1', '❤×1', 'n1', 'm2', 'v2', 'n2', 'm3', 'v3', 'n3', 'v4', 'v5']);
    speak(BACKLOG_MAX_BYTES + 1, 6);
    speak(0, 7);
    expect(slow.line.hasBeenGivenUp).toBe(true);
    expect(slow.line.items().at(-1)).toBe('v5');
    expect(quick.line.items()).toHaveLength(7 * 4);
  });
});

describe('who has caught up', () => {
  let clock: ManualClock;
  let recovered: Recipient[];
  let slow: ReturnType<typeof join>;
  beforeEach(() => {
    clock = new ManualClock();
    recovered = [];
    const onRecovered = (recipient: Recipient) => void recovered.push(recipient);
    outbox = new Outbox({ roomId: 'r1', clock, connections: account, onRecovered });
    slow = join();
    join();
  });

  test('[MSG-2] is to be shown everything anew, though nobody says anything more, and once', async () => {
    slow.line.backlogBytes = BACKLOG_STAGE_ONLY_BYTES + 1;
    outbox.enqueue([message('left out')]);
    outbox.flush();
    await clock.advance(10_000);
    slow.line.backlogBytes = 1;
    await clock.advance(10_000);
    expect(recovered).toEqual([]);
    slow.line.backlogBytes = 0;
    await clock.advance(1_000);
    expect(recovered).toEqual([slow.recipient]);
    await clock.advance(60_000);
    expect(recovered).toHaveLength(1);
  });

  test('[MSG-2] needs nothing of the kind if nothing was left out for him', async () => {
    slow.line.backlogBytes = BACKLOG_STAGE_ONLY_BYTES + 1;
    outbox.broadcastNow(update(1));
    slow.line.backlogBytes = BACKLOG_NO_REACTIONS_BYTES + 1;
    outbox.enqueue([message('a')]);
    outbox.flush();
    slow.line.backlogBytes = 0;
    await clock.advance(60_000);
    expect(recovered).toEqual([]);
  });

  test('[MSG-2] is not shown everything anew more often than each 30 s: a thin line would carry nothing else', async () => {
    for (let round = 0; round < 10; round++) {
      slow.line.backlogBytes = BACKLOG_NO_REACTIONS_BYTES + 1;
      outbox.enqueue([reaction('❤')]);
      outbox.flush();
      slow.line.backlogBytes = 0;
      await clock.advance(6_000);
    }
    expect(recovered).toHaveLength(2);
  });

  test('[MSG-2] or is not: who is beyond the limit is given up without anybody saying something', async () => {
    slow.line.backlogBytes = BACKLOG_STAGE_ONLY_BYTES + 1;
    outbox.enqueue([message('left out')]);
    outbox.flush();
    slow.line.backlogBytes = BACKLOG_MAX_BYTES + 1;
    await clock.advance(1_000);
    expect(slow.line.hasBeenGivenUp).toBe(true);
  });
});

test('[MSG-6] what a moderator takes away goes from every screen, however far behind it is', () => {
  const slow = join();
  slow.line.backlogBytes = BACKLOG_STAGE_ONLY_BYTES + 1;
  outbox.enqueue([message('a'), { kind: 'deletion', json: '{"messageId":"a"}' }]);
  outbox.flush();
  expect(slow.line.items()).toEqual(['-a']);
});

test('[MSG-1] a write that fails keeps nothing from the others', () => {
  const [first, second, third] = [join(), join(), join()];
  second.line.onWrite = () => {
    second.line.onWrite = () => undefined;
    throw new Error('no socket should do that');
  };
  expect(() => outbox.broadcastNow(update(1))).toThrow();
  outbox.broadcastNow(update(2));
  expect([first, second, third].map(({ line }) => line.items())).toEqual([
    ['v1', 'v2'],
    ['v1', 'v2'],
    ['v1', 'v2'],
  ]);
});

test('[SYNC-8] many who are owed something while much waits share what they are given', () => {
  const many = crowd(1_000);
  outbox.enqueue([message('a'), message('b')]);
  for (const { recipient } of many) recipient.switchTo('paused');
  expect(new Set(many.flatMap(({ line }) => line.parcels)).size).toBe(1);
  outbox.flush();
  expect(many.every(({ line }) => line.items().join() === 'a,b')).toBe(true);
});

describe('large rooms', () => {
  /** A clock on which every write takes a while. */
  class BusyClock extends ManualClock {
    spentMs = 0;

    override monotonic(): number {
      return super.monotonic() + this.spentMs;
    }
  }
  const MS_PER_WRITE = 0.05;
  let busy: BusyClock;
  let everybody: ReturnType<typeof join>[];

  beforeEach(() => {
    busy = new BusyClock();
    outbox = new Outbox({ roomId: 'r1', clock: busy, connections: account, onRecovered: () => undefined });
    everybody = crowd(1_000);
    for (const { line } of everybody) {
      line.onWrite = () => {
        busy.spentMs += MS_PER_WRITE;
      };
    }
  });
  const reached = (version: number) => everybody.filter(({ line }) => line.items().includes(`v${version}`)).length;

  test('[MSG-7] writing to very many yields to the loop every 5 ms, and reaches all of them', async () => {
    outbox.broadcastNow(update(1));
    expect(reached(1)).toBeGreaterThanOrEqual(100);
    expect(reached(1)).toBeLessThan(200);
    await settleMicrotasks();
    expect(reached(1)).toBeLessThan(400);
    await expect.poll(() => reached(1)).toBe(1_000);
  });

  test('[SYNC-3] first in, first out: a later batch waits, and whoever is told something has heard all before', async () => {
    outbox.broadcastNow(update(1));
    outbox.broadcastNow(update(2));
    outbox.enqueue([message('waiting')]);
    const last = everybody.at(-1) as ReturnType<typeof join>;
    expect(last.line.items()).toEqual([]);
    last.recipient.send('room:left', { roomId: 'r1' as never, reason: 'kicked' });
    expect(last.line.items()).toEqual(['v1', 'v2', 'waiting', 'room:left']);
    const newcomer = join();
    const leaver = everybody.at(-2) as ReturnType<typeof join>;
    leaver.recipient.leave();
    outbox.broadcastNow(update(3));
    await expect.poll(() => reached(3)).toBe(999);
    expect(newcomer.line.items()).toEqual(['v3']);
    expect(leaver.line.items()).toEqual(['v1', 'v2', 'waiting']);
    expect(last.line.items()).toEqual(['v1', 'v2', 'waiting', 'room:left', 'v3']);
    for (const { line } of everybody.slice(0, -2)) expect(line.items()).toEqual(['v1', 'v2', 'waiting', 'v3']);
    // While the first was on its way all else waited, and went as one.
    expect(everybody[0]?.line.parcels).toHaveLength(2);
  });

  test('[MSG-2] what is said while many are written to waits for its own window', async () => {
    outbox.broadcastNow(update(1));
    outbox.enqueue([message('a')]);
    await expect.poll(() => reached(1)).toBe(1_000);
    await settleMicrotasks();
    expect(everybody[0]?.line.items()).toEqual(['v1']);
    await busy.advance(100);
    await expect.poll(() => everybody.filter(({ line }) => line.items().includes('a')).length).toBe(1_000);
  });

  test('[SYNC-8] who turns to another history has heard the old one up to there', async () => {
    outbox.broadcastNow(update(1));
    const last = everybody.at(-1) as ReturnType<typeof join>;
    last.recipient.switchTo('paused');
    outbox.broadcastNow(update(2));
    await expect.poll(() => reached(2)).toBe(999);
    expect(last.line.items()).toEqual(['v1']);
  });

  test('[OPS-1] a parcel is reported once all who are to have it have it', async () => {
    outbox.broadcastNow(update(1));
    expect(account.parcels).toEqual([]);
    await expect.poll(() => account.parcels.length).toBe(1);
    expect(reached(1)).toBe(1_000);
  });
});

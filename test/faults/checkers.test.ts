// The checkers find what they are for: a correct history passes, and the right checker finds each kind of error.
import { describe, expect, test } from 'vitest';
import { OWNER } from '../support/domain.ts';
import { beliefOverlaps } from './checkers/belief-overlap.ts';
import { flickerIn } from './checkers/flicker.ts';
import { checkReplay } from './checkers/replay.ts';
import { staleWrites } from './checkers/stale-writes.ts';
import { checkVersionOrder } from './checkers/version-order.ts';
import type { History, HistoryEntry, UpdatesEntry } from './history.ts';
import { StagedRoom, sitting } from './staged-room.ts';

/** Several users do many things, and some commands are refused. */
function correctRoom(): StagedRoom {
  const room = new StagedRoom('ann', 'bob', 'cy');
  room.do('ann', 'seat:take', { seat: 1 });
  room.do('bob', 'seat:take', { seat: 1 });
  room.do('bob', 'seat:take', { seat: 2 });
  room.do('ann', 'mic:set', { on: false });
  room.do('ann', 'mic:set', { on: false });
  room.do('bob', 'seat:move', { seat: 3 });
  room.do(OWNER, 'room:update', { seatMode: 'request' });
  room.do('cy', 'request:send', { seat: 2 });
  room.do(OWNER, 'request:accept', { userId: 'cy' });
  room.do(OWNER, 'room:attributes', { set: { count: '1' } });
  room.do('ann', 'seat:leave', {});
  room.do(OWNER, 'room:update', { seatMode: 'free' });
  room.show('cy');
  return room;
}

const rulesOf = (findings: readonly { rule: string }[]) => [...new Set(findings.map(({ rule }) => rule.split(':')[0]))];
const changed = (history: History, change: (entry: HistoryEntry) => HistoryEntry | null): History =>
  history.flatMap((entry) => change(structuredClone(entry)) ?? []);
const isUpdate = (entry: HistoryEntry, client: string, version: number): entry is UpdatesEntry =>
  entry.kind === 'updates' && entry.client === client && entry.updates[0]?.version === version;
const taken = (seat: number, version: number) => ({ ok: true as const, data: { seat, version } });

describe('a correct history', () => {
  test('[SYNC-3][ACK-5] passes every checker, and each checker compared something', () => {
    const room = correctRoom();
    const finals = [room.snapshot('newcomer')];
    expect(checkVersionOrder(room.history, finals)).toEqual([]);
    expect(checkReplay(room.history)).toEqual({ findings: [], ackedLost: [], duplicates: [], checked: 10, unseen: 0 });
    expect(beliefOverlaps(room.history)).toEqual([]);
    expect(flickerIn(room.history)).toEqual({ away: [], lost: [], pairs: [] });
    expect(staleWrites(room.history)).toEqual([]);
  });
});

describe('the order of versions', () => {
  test('[SYNC-3] two clients get different updates under one version', () => {
    const history = changed(correctRoom().history, (entry) => {
      if (isUpdate(entry, 'cy', 1)) Object.assign(entry.updates[0]?.events[0] ?? {}, { seat: 5 });
      return entry;
    });
    expect(rulesOf(checkVersionOrder(history))).toContain('SYNC-3');
  });

  test('[SYNC-5] staff gets less than the public', () => {
    const history = changed(correctRoom().history, (entry) => {
      if (isUpdate(entry, OWNER, 1)) Object.assign(entry.updates[0] ?? {}, { events: [] });
      return entry;
    });
    expect(rulesOf(checkVersionOrder(history))).toContain('SYNC-5');
  });

  test('[SYNC-3] a version that no client received', () => {
    const history = changed(correctRoom().history, (entry) =>
      entry.kind === 'updates' && entry.updates[0]?.version === 3 ? null : entry,
    );
    expect(rulesOf(checkVersionOrder(history))).toContain('SYNC-3');
  });

  test('[SYNC-1] a version that names the wrong version before it', () => {
    const history = changed(correctRoom().history, (entry) => {
      if (entry.kind === 'updates' && entry.updates[0]?.version === 3)
        Object.assign(entry.updates[0] ?? {}, { after: 1 });
      return entry;
    });
    expect(rulesOf(checkVersionOrder(history))).toContain('SYNC-1');
  });

  test('[SYNC-3] a snapshot that differs from the history', () => {
    const history = changed(correctRoom().history, (entry) => {
      if (entry.kind === 'snapshot' && entry.room.version > 0) entry.room.seats.reverse();
      return entry;
    });
    expect(rulesOf(checkVersionOrder(history))).toContain('SYNC-3');
  });

  test('[SYNC-3] a commit while no client was there may be in the next snapshot', () => {
    const room = correctRoom();
    const allClients = [OWNER, 'ann', 'bob', 'cy'];
    room.commit([sitting('ann', 5, room.now)], allClients);
    for (const client of allClients) room.show(client);
    room.do('bob', 'mic:set', { on: false });
    expect(checkVersionOrder(room.history, [room.snapshot('newcomer')])).toEqual([]);
  });

  test('[SYNC-1] a client that missed the last commit without knowing', () => {
    const room = correctRoom();
    room.commit(
      [{ type: 'seat.left', by: 'bob', at: room.now, seat: 3 as never, userId: 'bob' as never, reason: 'self' }],
      ['cy'],
    );
    expect(checkVersionOrder(room.history)).toEqual([]);
    expect(checkVersionOrder(room.history, [room.snapshot('newcomer')])).toMatchObject([
      { facts: expect.stringContaining('cy in room') },
    ]);
  });
});

describe('replay', () => {
  test('[ACK-5] a refusal that the domain does not give', () => {
    const history = changed(correctRoom().history, (entry) => {
      if (entry.kind === 'answer' && entry.answer?.ok === false)
        Object.assign(entry.answer.error, { code: 'SEAT_LOCKED' });
      return entry;
    });
    expect(rulesOf(checkReplay(history).findings)).toEqual(['ACK-5']);
  });

  test('[SYNC-3] an ack without an effect is a lost command', () => {
    const room = correctRoom();
    const op = room.call('ann', 'seat:take', { seat: 5 });
    room.answer('ann', op, taken(5, room.version + 1));
    expect(checkReplay(room.history).ackedLost.map((one) => one.op)).toEqual([op]);
  });

  test('[SYNC-8] versions that a snapshot took staff past are unknown, so nothing is found', () => {
    const room = correctRoom();
    const op = room.call('ann', 'seat:take', { seat: 5 });
    room.commit([sitting('ann', 5, room.now)], [OWNER]);
    room.answer('ann', op, taken(5, room.version));
    room.show(OWNER);
    expect(checkVersionOrder(room.history, [room.snapshot('newcomer')])).toEqual([]);
    expect(checkReplay(room.history)).toMatchObject({ ackedLost: [], duplicates: [], findings: [], unseen: 1 });
  });

  test('[SYNC-4] an ack whose effect is not in the next epoch is a lost command', () => {
    const room = correctRoom();
    const [kept, version] = [room.state, room.version];
    const op = room.do('ann', 'seat:take', { seat: 5 });
    room.beginEpoch(kept, version);
    room.do('cy', 'seat:leave', {});
    const { ackedLost, duplicates, findings } = checkReplay(room.history);
    expect([ackedLost.map((one) => one.op), duplicates, findings]).toEqual([[op], [], []]);
  });

  test('[ACK-2] an effect that happened twice', () => {
    const room = correctRoom();
    room.commit([sitting('ann', 5, room.now)]);
    expect(checkReplay(room.history).duplicates).toHaveLength(1);
  });

  test('[ACK-3] one effect of a command with an unknown outcome is no duplicate, a second one is', () => {
    const room = correctRoom();
    const op = room.call('ann', 'seat:take', { seat: 5 });
    room.carryOut('ann', 'seat:take', { seat: 5 });
    room.answer('ann', op, null);
    expect(checkReplay(room.history).duplicates).toEqual([]);
    room.do('ann', 'seat:leave', {});
    room.commit([sitting('ann', 5, room.now)]);
    expect(checkReplay(room.history).duplicates).toHaveLength(1);
  });

  test('[ACK-2] an effect may come again in the epoch of its answer, and in no other', () => {
    for (const isAnsweredBefore of [false, true]) {
      const room = correctRoom();
      const [before, version] = [room.state, room.version];
      const op = room.call('ann', 'seat:take', { seat: 5 });
      const first = room.carryOut('ann', 'seat:take', { seat: 5 });
      if (isAnsweredBefore) room.answer('ann', op, first);
      room.beginEpoch(before, version);
      const again = room.carryOut('ann', 'seat:take', { seat: 5 });
      if (!isAnsweredBefore) room.answer('ann', op, again);
      expect(checkReplay(room.history).duplicates).toHaveLength(isAnsweredBefore ? 1 : 0);
    }
  });

  test('[ACK-2] a retry that gets another answer', () => {
    const room = correctRoom();
    const op = room.do('ann', 'seat:take', { seat: 5 });
    room.answer('ann', room.call('ann', 'seat:take', { seat: 5 }, op), taken(6, room.version));
    expect(checkReplay(room.history).duplicates).toEqual([expect.stringContaining(`${op} has two answers`)]);
  });

  test('[ACK-6] a command called after an ack, but with a lower version', () => {
    const history = changed(correctRoom().history, (entry) => {
      if (entry.kind === 'call' && entry.op === 'op-1') return { ...entry, at: 10_000 };
      return entry;
    });
    expect(rulesOf(checkReplay(history).findings)).toEqual(['ACK-6']);
  });
});

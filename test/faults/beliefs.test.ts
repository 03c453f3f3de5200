// The checkers of beliefs, lags, flicker and stale writes find each fault that they are for.
import { describe, expect, test } from 'vitest';
import { OWNER } from '../support/domain.ts';
import { beliefOverlaps, maxOverlapMs } from './checkers/belief-overlap.ts';
import { flickerIn } from './checkers/flicker.ts';
import { lagsIn } from './checkers/lag.ts';
import { staleWrites } from './checkers/stale-writes.ts';
import { as, StagedRoom, sitting } from './staged-room.ts';

describe('beliefs', () => {
  test('[SEAT-1] a client that does not learn of the loss of its seat overlaps with the next user until it does', () => {
    const room = new StagedRoom('ann', 'bob');
    room.do('ann', 'seat:take', { seat: 1 });
    const { now } = room;
    const gone = { type: 'seat.left', by: 'system', at: now, seat: 1, userId: 'ann', reason: 'disconnected' } as never;
    room.commit([gone], ['ann']);
    room.commit([sitting('bob', 1, room.now)], ['ann']);
    room.now += 700;
    room.show('ann');
    expect(beliefOverlaps(room.history)).toMatchObject([{ ms: 700, one: { userId: 'ann' }, other: { userId: 'bob' } }]);
  });

  test('[SEAT-1] a client that knows of its dead connection believes nothing', () => {
    const room = new StagedRoom('ann', 'bob');
    room.do('ann', 'seat:take', { seat: 1 });
    room.recorder.note({ kind: 'outside', ...as('ann'), roomId: 'room' });
    room.commit([sitting('bob', 1, room.now)], ['ann']);
    room.now += 700;
    room.show('bob');
    expect(maxOverlapMs(room.history)).toBe(0);
  });

  test('[SEAT-1] a client that gives its seat up does not claim it, unless the command is refused', () => {
    const room = new StagedRoom('ann', 'bob');
    room.do('ann', 'seat:take', { seat: 1 });
    const op = room.call('ann', 'seat:leave', {});
    room.commit([sitting('bob', 1, room.now)], ['ann']);
    room.now += 200;
    room.answer('ann', op, { ok: false, error: { code: 'UNAVAILABLE', retryable: true } });
    room.enter('ann');
    room.now += 300;
    room.show('bob');
    expect(maxOverlapMs(room.history)).toBe(0);
  });

  test('[SEAT-1] two devices of one user on two seats overlap', () => {
    const room = new StagedRoom('ann', 'bob');
    room.do('ann', 'seat:take', { seat: 1 });
    const second = { client: 'ann-2', userId: 'ann' };
    const snapshot = structuredClone(room.snapshot('ann'));
    snapshot.seats[4] = { ...snapshot.seats[1], seat: 4 } as (typeof snapshot.seats)[number];
    snapshot.seats[1] = { ...snapshot.seats[1], occupant: null } as (typeof snapshot.seats)[number];
    room.recorder.note({ kind: 'snapshot', ...second, room: snapshot });
    room.recorder.note({ kind: 'inside', ...second, roomId: 'room' });
    room.now += 300;
    room.show('bob');
    expect(maxOverlapMs(room.history)).toBe(300);
  });
});

describe('lag', () => {
  test('[SYNC-2] a client that learns later than the others, and one that never does although it is in the room', () => {
    const room = new StagedRoom('ann', 'bob', 'cy');
    room.commit([sitting('ann', 1, room.now)], ['bob', 'cy']);
    room.now += 400;
    room.show('bob');
    expect(lagsIn(room.history)).toEqual([
      { client: 'cy', version: 1, ms: Number.POSITIVE_INFINITY },
      { client: 'bob', version: 1, ms: 400 },
    ]);
    expect(lagsIn(room.history, { from: room.now })).toEqual([]);
  });

  test('[SYNC-2] a client outside of the room misses nothing', () => {
    const room = new StagedRoom('ann', 'bob');
    room.recorder.note({ kind: 'outside', ...as('bob'), roomId: 'room' });
    room.commit([sitting('ann', 1, room.now)], ['bob']);
    expect(lagsIn(room.history)).toEqual([]);
  });
});

describe('flicker', () => {
  test('[PRES-1] away marks, lost seats, and leave and join pairs of users without a room:leave', () => {
    const room = new StagedRoom('ann', 'bob');
    room.do('ann', 'seat:take', { seat: 1 });
    const about = { by: 'system', at: room.now, seat: 1, userId: 'ann' };
    room.commit([{ ...about, type: 'seat.away', until: 9_000 } as never]);
    room.commit([{ ...about, type: 'seat.left', reason: 'disconnected' } as never]);
    for (const userId of ['bob', 'cy']) {
      if (userId === 'cy') room.call('cy', 'room:leave', {});
      const news = { kind: 'audience', ...as(OWNER), roomId: 'room' } as const;
      room.recorder.note({ ...news, joined: [], left: [userId] });
      room.recorder.note({ ...news, joined: [userId], left: [] });
    }
    expect(flickerIn(room.history)).toEqual({ away: ['ann'], lost: ['ann'], pairs: ['room bob'] });
    expect(flickerIn(room.history, { from: room.now + 1 })).toEqual({ away: [], lost: [], pairs: [] });
  });
});

describe('stale writes', () => {
  test('[PRES-2] a user who acts while marked away', () => {
    const room = new StagedRoom('ann', 'bob');
    room.do('ann', 'seat:take', { seat: 1 });
    const about = { by: 'system', at: room.now, seat: 1, userId: 'ann' };
    room.commit([{ ...about, type: 'seat.away', until: 9_000 } as never]);
    expect(staleWrites(room.history)).toEqual([]);
    room.do('ann', 'mic:set', { on: false });
    expect(staleWrites(room.history)).toHaveLength(1);
    room.commit([{ ...about, type: 'seat.back' } as never]);
    room.do('ann', 'mic:set', { on: true });
    expect(staleWrites(room.history)).toHaveLength(1);
  });

  test('[PRES-3] users of a node without a lease who act', () => {
    const room = new StagedRoom('ann', 'bob');
    room.do('ann', 'seat:take', { seat: 1 });
    const from = room.now;
    room.do('ann', 'mic:set', { on: false });
    room.do('bob', 'seat:take', { seat: 2 });
    const cutOff = { userIds: new Set(['ann']), from, until: room.now };
    expect(staleWrites(room.history, [cutOff])).toHaveLength(1);
    expect(staleWrites(room.history, [{ ...cutOff, until: from + 1 }])).toEqual([]);
  });
});

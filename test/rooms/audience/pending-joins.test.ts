// Joins in flight on one node: each join is found by its user until it ends.
import { expect, test } from 'vitest';
import type { SessionId } from '../../../src/protocol/ids.ts';
import { PendingJoins } from '../../../src/rooms/audience/pending-joins.ts';

const sessionId = (text: string) => text as SessionId;

test('[PRES-4] two joins of one user are pending beside each other, and each ends on its own', () => {
  const joins = new PendingJoins();
  const phone = joins.begin('alice', sessionId('phone'));
  const tablet = joins.begin('alice', sessionId('tablet'));
  const bobs = joins.begin('bob', sessionId('laptop'));
  expect(joins.of('alice')).toEqual([phone, tablet]);
  joins.end(phone);
  expect(joins.of('alice')).toEqual([tablet]);
  joins.end(tablet);
  joins.end(tablet);
  expect([joins.of('alice'), joins.of('bob')]).toEqual([[], [bobs]]);
});

test('[PRES-4][PRES-6] a new join has neither a newer session nor an end, and the feed can set both', () => {
  const joins = new PendingJoins();
  const join = joins.begin('alice', sessionId('phone'));
  expect(join).toMatchObject({ userId: 'alice', sessionId: 'phone', newestFence: 0, ended: null });
  for (const pending of joins.of('alice')) {
    pending.newestFence = 7;
    pending.ended = { fence: 3, reason: 'banned' };
  }
  expect([join.newestFence, join.ended]).toEqual([7, { fence: 3, reason: 'banned' }]);
});

test('[PRES-4] a join may end while the joins of its user are visited', () => {
  const joins = new PendingJoins();
  for (const name of ['phone', 'tablet']) joins.begin('alice', sessionId(name));
  const visited = joins.of('alice').map((join) => {
    joins.end(join);
    return join.sessionId;
  });
  expect([visited, joins.of('alice')]).toEqual([['phone', 'tablet'], []]);
});

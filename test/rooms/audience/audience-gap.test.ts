// The packet after a gap of the feed: the joins and leaves that members missed, or the count alone.
import { describe, expect, test } from 'vitest';
import { type AudienceGap, missedIn, sentAfterGap } from '../../../src/rooms/audience/audience-gap.ts';
import type { MemberRecord } from '../../../src/store/presence-store.ts';
import { aMember } from '../../support/domain.ts';
import { nodeId } from '../../support/stored-room.ts';

const member = (name: string, facts: { fence?: number; since?: number } = {}): MemberRecord => ({
  ...aMember(name, { fence: facts.fence ?? 1 }),
  nodeId: nodeId('node'),
  since: facts.since ?? 1,
});
const sample = (...members: MemberRecord[]) => ({ count: members.length, members });
const gap = (facts: Pick<AudienceGap, 'sent' | 'now'> & Partial<AudienceGap>): AudienceGap => ({
  inSnapshots: [],
  areAllSentKnown: true,
  isCountMixed: false,
  ...facts,
});
/** The packet after the gap; the last news had the present number of members. */
const missed = (one: AudienceGap, { count = one.now.count, namedMax = 200 } = {}) => missedIn(one, { count, namedMax });

const [alice, bob, carol] = [member('alice'), member('bob'), member('carol')];

describe('[SYNC-6] the packet after a gap', () => {
  test('names the members who joined and who left', () => {
    expect(missed(gap({ sent: sample(alice, bob), now: sample(alice, carol) }))).toEqual({
      count: 2,
      joined: [carol],
      left: [{ userId: 'bob', fence: 1 }],
    });
  });

  test('is not sent when nothing was missed', () => {
    expect(missed(gap({ sent: sample(alice, bob), now: sample(alice, bob) }))).toBeNull();
  });

  test('[PRES-1] does not name a member who only has a newer session', () => {
    expect(missed(gap({ sent: sample(alice), now: sample(member('alice', { fence: 9 })) }))).toBeNull();
  });

  test('names a user as joined who left and came again: some snapshots lack them', () => {
    const again = member('alice', { fence: 9, since: 5 });
    expect(missed(gap({ sent: sample(alice), now: sample(again) }))).toEqual({ count: 1, joined: [again], left: [] });
  });

  test('names a member as left if only a snapshot of the gap has named them', () => {
    const one = gap({ sent: sample(alice), inSnapshots: [alice, bob], now: sample(alice) });
    expect(missed(one)).toEqual({ count: 1, joined: [], left: [{ userId: 'bob', fence: 1 }] });
  });

  test.each<[what: string, gap: AudienceGap, options: { namedMax?: number }]>([
    [
      'the node forgot members that it had sent',
      gap({ sent: sample(bob), now: sample(alice, carol), areAllSentKnown: false }),
      {},
    ],
    ['the node does not know all members', gap({ sent: sample(bob), now: { count: 2, members: [alice] } }), {}],
    ['the members are too many to be named', gap({ sent: sample(), now: sample(alice, bob) }), { namedMax: 1 }],
  ])('has the count alone if %s', (_what, one, options) => {
    expect(missed(one, options)).toBe('count');
  });

  test('has the count alone if only the count differs, for some or for all members', () => {
    const same = { sent: sample(alice), now: sample(alice) };
    expect(missed(gap(same), { count: 2 })).toBe('count');
    expect(missed(gap({ ...same, isCountMixed: true }))).toBe('count');
    expect(missed(gap({ ...same, sent: { count: 2, members: [alice] } }))).toBe('count');
  });
});

describe('[SYNC-6][PRES-1] the members as clients know them after the gap', () => {
  test('keep an older session, which a late leave may name', () => {
    const newer = member('alice', { fence: 9 });
    expect(sentAfterGap({ sent: sample(alice), now: sample(newer, bob) })).toEqual(sample(alice, bob));
  });

  test('have the new session if the user left and came again', () => {
    const again = member('alice', { fence: 9, since: 5 });
    expect(sentAfterGap({ sent: sample(alice, bob), now: sample(again) })).toEqual(sample(again));
  });
});

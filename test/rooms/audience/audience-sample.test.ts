// A sample of the members: fences decide which session counts, and the sample keeps its limit.
import { describe, expect, test } from 'vitest';
import { visibleNews, withMember, withNews } from '../../../src/rooms/audience/audience-sample.ts';
import type { MemberRecord } from '../../../src/store/presence-store.ts';
import { aMember } from '../../support/domain.ts';
import { nodeId, userId } from '../../support/stored-room.ts';

const member = (name: string, fence: number): MemberRecord => ({
  ...aMember(name, { fence }),
  nodeId: nodeId('node'),
  since: 1,
});
const joinNews = (...members: MemberRecord[]) => members.map((one) => ({ member: one, again: false }));
const leaveNews = (name: string, fence: number) => ({ userId: userId(name), fence });

describe('[SYNC-6] news', () => {
  const limit = 3;
  const known = { count: 2, members: [member('alice', 4), member('bob', 5)] };

  test('adds a member up to the limit, and sets the count', () => {
    const [carol, dave] = [member('carol', 6), member('dave', 7)];
    const after = withNews(known, { kind: 'audience', count: 4, joined: joinNews(carol, dave) }, limit);
    expect(after).toEqual({ count: 4, members: [...known.members, carol] });
  });

  test('removes a session that it names, and not a newer one', () => {
    const left = [leaveNews('alice', 4), leaveNews('bob', 4)];
    expect(withNews(known, { kind: 'audience', count: 1, left }, limit)).toEqual({
      count: 1,
      members: [member('bob', 5)],
    });
  });

  test('may come twice, and removes a user whose join it names as well', () => {
    const news = {
      kind: 'audience' as const,
      count: 2,
      joined: joinNews(member('carol', 6)),
      left: [leaveNews('carol', 6)],
    };
    const once = withNews(known, news, limit);
    expect([once, withNews(once, news, limit)]).toEqual([known, known]);
  });

  test('that changes no member returns the same array', () => {
    const news = {
      kind: 'audience' as const,
      count: 2,
      joined: joinNews(member('alice', 3)),
      left: [leaveNews('zoe', 9)],
    };
    expect(withNews(known, news, limit).members).toBe(known.members);
  });
});

test('[SYNC-6] of two sessions of one user the sample has the newer one', () => {
  const members = [member('alice', 4)];
  expect(withMember(members, member('alice', 9), 1)).toEqual([member('alice', 9)]);
  expect(withMember(members, member('alice', 3), 1)).toBe(members);
});

test('[PRES-1] a rejoin is not visible, nor is a join that has ended already', () => {
  const joined = [{ member: member('alice', 8), again: true }, ...joinNews(member('bob', 5))];
  const visible = visibleNews({ kind: 'audience', count: 1, joined, left: [leaveNews('bob', 5)] });
  expect(visible).toEqual({ count: 1, joined: [], left: [leaveNews('bob', 5)] });
});

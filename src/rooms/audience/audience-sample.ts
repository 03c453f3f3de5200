// Some of a room's members and their number, kept true by the feed. Pure; must not know the store.
import type { RoomNews } from '../../feed/room-feed.ts';
import type { MemberRecord } from '../../store/presence-store.ts';

export type AudienceNews = Extract<RoomNews, { kind: 'audience' }>;

export interface AudienceSample {
  readonly count: number;
  readonly members: readonly MemberRecord[];
}

interface Limit {
  /** How many members it holds at most. */
  readonly limit: number;
}

/** The sample after those news; sessions are told apart by their fences, so news that it knows already do no harm. */
export function withNews({ members }: AudienceSample, news: AudienceNews, { limit }: Limit): AudienceSample {
  const { count, joined = [], left = [] } = news;
  const came = joined.reduce((known, { member }) => withMember(known, member, { limit }), members);
  const isGone = ({ userId, fence }: MemberRecord) =>
    left.some((session) => session.userId === userId && session.fence >= fence);
  return { count, members: left.length > 0 && came.some(isGone) ? came.filter((member) => !isGone(member)) : came };
}

/** These members and that one, if there is place for him; of two sessions of one user the newer. */
export function withMember(
  members: readonly MemberRecord[],
  member: MemberRecord,
  { limit }: Limit,
): readonly MemberRecord[] {
  const known = members.find(({ userId }) => userId === member.userId);
  if (!known) return members.length < limit ? [...members, member] : members;
  return known.fence < member.fence ? members.map((one) => (one === known ? member : one)) : members;
}

/** Who came and who went, as members hear of it. */
export interface VisibleNews {
  readonly count: number;
  readonly joined: readonly MemberRecord[];
  readonly left: NonNullable<AudienceNews['left']>;
}

/**
 * A member's new session changes nothing for the others: no pair of leave and join is shown (PRES-1). Neither is he
 * named as one who came who is gone again by the same news, nor twice.
 */
export function visibleNews({ count, joined = [], left = [] }: AudienceNews): VisibleNews {
  const isOver = ({ userId, fence }: MemberRecord) =>
    left.some((session) => session.userId === userId && session.fence >= fence);
  const newest = new Map<string, MemberRecord>();
  for (const { member, again } of joined) if (!again && !isOver(member)) newest.set(member.userId, member);
  return { count, joined: [...newest.values()], left };
}

// Some members of a room and the number of all, and how news change them. Pure.
import type { RoomNews } from '../../feed/room-feed.ts';
import type { MemberRecord } from '../../store/presence-store.ts';

export type AudienceNews = Extract<RoomNews, { kind: 'audience' }>;

export interface AudienceSample {
  readonly count: number;
  readonly members: readonly MemberRecord[];
}

/** The sample after the news, with at most `limit` members. Fences tell sessions apart, so news may come twice. */
export function withNews({ members }: AudienceSample, news: AudienceNews, limit: number): AudienceSample {
  const { count, joined = [], left = [] } = news;
  const withJoined = joined.reduce((known, { member }) => withMember(known, member, limit), members);
  const hasLeft = isAmong(left);
  return {
    count,
    members: left.length > 0 && withJoined.some(hasLeft) ? withJoined.filter((member) => !hasLeft(member)) : withJoined,
  };
}

/** The members and one more, if `limit` allows; of two sessions of one user the newer. */
export function withMember(
  members: readonly MemberRecord[],
  member: MemberRecord,
  limit: number,
): readonly MemberRecord[] {
  const known = members.find(({ userId }) => userId === member.userId);
  if (!known) return members.length < limit ? [...members, member] : members;
  return known.fence < member.fence ? members.map((one) => (one === known ? member : one)) : members;
}

const isAmong =
  (left: NonNullable<AudienceNews['left']>) =>
  ({ userId, fence }: MemberRecord): boolean =>
    left.some((session) => session.userId === userId && session.fence >= fence);

/** Joins and leaves as clients see them. */
export interface VisibleNews {
  readonly count: number;
  readonly joined: readonly MemberRecord[];
  readonly left: NonNullable<AudienceNews['left']>;
}

/**
 * A new session of a member changes nothing for the others: no pair of leave and join is sent (PRES-1). A user who
 * joins and leaves within the same news is not named, and nobody is named twice.
 */
export function visibleNews({ count, joined = [], left = [] }: AudienceNews): VisibleNews {
  const isOver = isAmong(left);
  const newest = new Map<string, MemberRecord>();
  for (const { member, again } of joined) if (!again && !isOver(member)) newest.set(member.userId, member);
  return { count, joined: [...newest.values()], left };
}

// Some of a room's members and their number, kept true by the feed while the store's answer was on its way. Pure.
import type { RoomNews } from '../fanout/fanout.ts';
import type { MemberRecord } from '../store/presence-store.ts';

export interface AudienceSample {
  readonly count: number;
  readonly members: readonly MemberRecord[];
}

/** The sample after those news; sessions are told apart by their fences, so news that it knows already do no harm. */
export function withNews(
  sample: AudienceSample,
  news: readonly Extract<RoomNews, { kind: 'audience' }>[],
): AudienceSample {
  return news.reduce(({ members }: AudienceSample, { count, joined, left = [] }): AudienceSample => {
    const isGone = ({ userId, fence }: MemberRecord) =>
      left.some((session) => session.userId === userId && session.fence >= fence);
    const stayed = members.filter((member) => !isGone(member));
    const isNew = joined !== undefined && !stayed.some(({ userId }) => userId === joined.userId);
    return { count, members: isNew ? [...stayed, joined] : stayed };
  }, sample);
}

// The packet that members need after an interruption of the feed, so that no client keeps an old list (SYNC-6). Pure.
import type { MemberRecord } from '../../store/presence-store.ts';
import { type AudienceSample, type VisibleNews, withMember } from './audience-sample.ts';

export interface AudienceGap {
  /** The members that the feed has named up to the gap and since. */
  readonly sent: AudienceSample;
  /** More members that snapshots may have named to some clients during the gap. */
  readonly inSnapshots: readonly MemberRecord[];
  readonly now: AudienceSample;
  /** Every member that was ever named is in `sent`. */
  readonly areAllSentKnown: boolean;
  /** Some clients got another count than the others. */
  readonly isCountMixed: boolean;
}

/**
 * The names that were missed. `'count'`: not all of them can be named, or only the count differs. Null: nothing was
 * missed. `count` is the number of members after the last news.
 */
export function missedIn(
  gap: AudienceGap,
  { count, namedMax }: { count: number; namedMax: number },
): VisibleNews | 'count' | null {
  const { sent, inSnapshots, now } = gap;
  const joined = now.members.filter((member) => !sent.members.some((one) => isSameMembership(one, member)));
  const named = inSnapshots.reduce((all, member) => withMember(all, member, all.length + 1), sent.members);
  const left = named.filter((member) => !isIn(now.members, member)).map(({ userId, fence }) => ({ userId, fence }));
  const canBeNamed = gap.areAllSentKnown && now.members.length === now.count && now.count <= namedMax;
  if (canBeNamed && joined.length + left.length > 0) return { count: now.count, joined, left };
  const isCountKnown = sent.count === now.count && count === now.count && !gap.isCountMixed;
  return isCountKnown ? null : 'count';
}

/** What clients believe after the gap. A user with a newer session keeps the old one: a late leave may name it. */
export function sentAfterGap({ sent, now }: Pick<AudienceGap, 'sent' | 'now'>): AudienceSample {
  const before = new Map(sent.members.map((member) => [member.userId, member]));
  const asSent = (member: MemberRecord): MemberRecord => {
    const known = before.get(member.userId);
    return known && known.fence < member.fence && isSameMembership(known, member) ? known : member;
  };
  return { count: now.count, members: now.members.map(asSent) };
}

/** A user who left and came again has a new membership: a client that joined in between got a room without them. */
const isSameMembership = (one: MemberRecord, other: MemberRecord): boolean =>
  one.userId === other.userId && one.since === other.since;

const isIn = (members: readonly MemberRecord[], { userId }: MemberRecord): boolean =>
  members.some((one) => one.userId === userId);

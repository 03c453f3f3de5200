// What the members here must be told when the feed was interrupted: who came and who went meanwhile, so that nobody keeps an
// old list (SYNC-6). Pure; must not know why it was.
import type { MemberRecord } from '../../store/presence-store.ts';
import { type AudienceSample, type VisibleNews, withMember } from './audience-sample.ts';

export interface AudienceGap {
  /** Whom the members were told of by the feed, up to the gap and since. */
  readonly sent: AudienceSample;
  /** Whom some of them were shown besides, because they came in meanwhile. */
  readonly shown: readonly MemberRecord[];
  readonly now: AudienceSample;
  /** All are known of whom the members were told. */
  readonly isWhole: boolean;
  /** Some were shown another count than the others were told. */
  readonly isCountMixed: boolean;
}

/** Names; or the mere count, where all cannot be named or only that is another; null: nothing was missed. `count`: as last heard. */
export function missedIn(
  gap: AudienceGap,
  { count, namedMax }: { count: number; namedMax: number },
): VisibleNews | 'count' | null {
  const { sent, shown, now, isWhole } = gap;
  const joined = now.members.filter((member) => !sent.members.some((one) => isSameMembership(one, member)));
  const seen = shown.reduce((all, member) => withMember(all, member, { limit: all.length + 1 }), sent.members);
  const left = seen.filter((member) => !isIn(now.members, member)).map(({ userId, fence }) => ({ userId, fence }));
  const canBeNamed = isWhole && now.members.length === now.count && now.count <= namedMax;
  if (canBeNamed && joined.length + left.length > 0) return { count: now.count, joined, left };
  const isCountKnown = sent.count === now.count && count === now.count && !gap.isCountMixed;
  return isCountKnown ? null : 'count';
}

/**
 * Whom the members know behind the gap. They were not told of the newer session of somebody whom they knew all the time:
 * a leave of his older one may still be on its way, and to them it is he who goes.
 */
export function sentAfterGap({ sent, now }: Pick<AudienceGap, 'sent' | 'now'>): AudienceSample {
  const before = new Map(sent.members.map((member) => [member.userId, member]));
  const asTold = (member: MemberRecord): MemberRecord => {
    const known = before.get(member.userId);
    return known && known.fence < member.fence && isSameMembership(known, member) ? known : member;
  };
  return { count: now.count, members: now.members.map(asTold) };
}

/** Who went and came again meanwhile is a member anew: whoever came in between was shown a room without him. */
const isSameMembership = (one: MemberRecord, other: MemberRecord): boolean =>
  one.userId === other.userId && one.since === other.since;

const isIn = (members: readonly MemberRecord[], { userId }: MemberRecord): boolean =>
  members.some((one) => one.userId === userId);

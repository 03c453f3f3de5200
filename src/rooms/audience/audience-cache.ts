// The members whom this node can name without asking: read once, then kept true by the feed, as recent chat is. Must not
// know who is connected here, nor what a member is shown.
import type { JoinedMember } from '../../feed/room-feed.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import { type AudienceGap, sentAfterGap } from './audience-gap.ts';
import { type AudienceNews, type AudienceSample, withMember, withNews } from './audience-sample.ts';
import { SNAPSHOT_MEMBERS } from './snapshot-builder.ts';

/** So many are remembered: more than are shown, so that it takes many leaves until they must be read again. */
const KEPT_MAX = 2 * SNAPSHOT_MEMBERS;

/** Reads so many members, and the number of all; rejects when the store does not answer. */
type ReadAudience = (limit: number) => Promise<AudienceSample>;
type Change = (known: AudienceSample) => AudienceSample;
/** Hears what the members here were told up to a gap and since, and what is known now. */
type OnRepaired = (gap: AudienceGap) => void;

interface PendingRead {
  /** What is heard while the store is read: whatever the answer lacks is here. */
  readonly changes: Change[];
  readonly done: Promise<void>;
}

export class AudienceCache {
  readonly #read: ReadAudience;
  readonly #onRepaired: OnRepaired;
  /** What is known by the feed alone, which is what the members here were told. */
  #sent: AudienceSample | null = null;
  #isRepairing = false;
  /** Whoever comes in through this node is shown another count than the feed has told the others so far. */
  #isCountMixed = false;
  /** Who was known here besides when the feed was interrupted: those who came in meanwhile were shown them. */
  #shown: readonly MemberRecord[] = [];
  #known: AudienceSample | null = null;
  #reading: PendingRead | null = null;

  constructor(read: ReadAudience, onMended: OnRepaired = () => undefined) {
    this.#read = read;
    this.#onRepaired = onMended;
  }

  /** False until the first reading, and after forget(). */
  get isKnown(): boolean {
    return this.#known !== null;
  }

  /** Whether as many can be named as a snapshot shows, or all there are. */
  get isComplete(): boolean {
    return this.#known !== null && this.#known.members.length >= Math.min(SNAPSHOT_MEMBERS, this.#known.count);
  }

  /**
   * Reads what is not known well enough; rejects when the store does not answer. As long as isKnown holds, members() may
   * be asked in the very step that registers a member: what is heard later reaches him, what was heard before is in it.
   */
  ready(): Promise<void> {
    if (this.isComplete) return Promise.resolve();
    this.#reading ??= this.#begin();
    return this.#reading.done;
  }

  /** Some members; the same array as long as nothing has changed. */
  get members(): readonly MemberRecord[] {
    return this.#known?.members ?? [];
  }

  /** Who can be named, here or not: after an interruption those who were known before, the latest first. */
  get knownMembers(): readonly MemberRecord[] {
    return this.#known?.members ?? this.#shown;
  }

  /** The number of all, after the last news. */
  get count(): number {
    return this.#known?.count ?? 0;
  }

  onNews(news: AudienceNews): void {
    this.#change((known) => withNews(known, news, { limit: KEPT_MAX }));
    const sent = this.#sent;
    if (!sent) return;
    // Who comes again is not named to the members: of whom they have not heard, they do not hear so.
    const isNamed = ({ member, again }: JoinedMember) =>
      !again || sent.members.some(({ userId }) => userId === member.userId);
    const next = withNews(sent, { ...news, joined: news.joined?.filter(isNamed) ?? [] }, { limit: KEPT_MAX });
    // Of news that name nobody to the members they do not hear, nor of the count in them.
    const isSaid = news.left?.length || news.joined?.some(({ again }) => !again);
    this.#sent = isSaid ? next : { ...next, count: sent.count };
    if (isSaid) this.#isCountMixed = false;
    else this.#countUntold(news.count);
  }

  /** That user has just joined, and so many there were then; the feed may say so a little later. */
  onJoin(member: MemberRecord, count: number): void {
    this.#change(({ members }) => ({ count, members: withMember(members, member, { limit: KEPT_MAX }) }));
    this.#countUntold(count);
  }

  #countUntold(count: number): void {
    if (count !== this.#sent?.count) this.#isCountMixed = true;
  }

  /** News may have been missed: all is read again when it is needed next; an answer on its way may be older than the gap. */
  invalidate(): void {
    this.#isRepairing = this.#sent !== null;
    this.#shown = [...this.members, ...this.#shown];
    this.#known = null;
    this.#reading = null;
  }

  #change(change: Change): void {
    this.#reading?.changes.push(change);
    if (this.#known) this.#known = change(this.#known);
  }

  #begin(): PendingRead {
    const changes: Change[] = [];
    const isCurrent = () => this.#reading?.changes === changes;
    const done = this.#read(KEPT_MAX).then(
      (sample) => {
        if (!isCurrent()) return this.ready();
        this.#reading = null;
        const behind = changes.reduce((known, change) => change(known), sample);
        // News that came late know an older number; where all are known, they are the number.
        const isWhole = sample.members.length === sample.count && behind.members.length < KEPT_MAX;
        this.#known = isWhole ? { ...behind, count: behind.members.length } : behind;
        this.#repair(this.#known);
        return undefined;
      },
      (error: unknown) => {
        if (isCurrent()) this.#reading = null;
        throw error;
      },
    );
    return { changes, done };
  }

  /** Between two gaps the feed tells the members everything; what is read meanwhile is none of their news. */
  #repair(now: AudienceSample): void {
    const sent = this.#sent;
    if (sent && !this.#isRepairing) return;
    const [shown, isCountMixed] = [this.#shown, this.#isCountMixed];
    this.#sent = sent ? sentAfterGap({ sent, now }) : now;
    this.#shown = [];
    this.#isRepairing = false;
    this.#isCountMixed = false;
    // Of a crowd not everybody is known who was told of: then nobody is named.
    if (sent) this.#onRepaired({ sent, shown, now, isWhole: sent.members.length < KEPT_MAX, isCountMixed });
  }
}

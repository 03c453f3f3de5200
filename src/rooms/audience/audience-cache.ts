// The members that this node can name without asking the store: read once, then kept true by the feed.
//
//   unread ──read──▶ current ──possible gap──▶ interrupted
//                       ▲                          │
//                       └────read, repair──────────┘
//
// `current` knows the members; it reads again, without a repair, when too few of them are left. In `interrupted` the
// members have an old list: once the store has answered, the difference goes to onRepaired.
import type { JoinedMember } from '../../feed/room-feed.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import { type AudienceGap, sentAfterGap } from './audience-gap.ts';
import { type AudienceNews, type AudienceSample, withMember, withNews } from './audience-sample.ts';
import { SNAPSHOT_MEMBERS } from './snapshot-builder.ts';

/** More members are kept than a snapshot names, so that it takes many leaves until they must be read again. */
const KEPT_MAX = 2 * SNAPSHOT_MEMBERS;

/** What the members on this node have got by the feed. */
interface Sent {
  readonly sent: AudienceSample;
  /** Some members got another count in their snapshot than the feed has given the others so far. */
  readonly isCountMixed: boolean;
}

type State =
  | { readonly kind: 'unread' }
  | (Sent & { readonly kind: 'current'; readonly known: AudienceSample })
  /** `inSnapshots`: members known before the gap; snapshots since then may have named them. */
  | (Sent & { readonly kind: 'interrupted'; readonly inSnapshots: readonly MemberRecord[] });

/** Reads at most that many members, and the number of all; rejects when the store does not answer. */
type ReadAudience = (limit: number) => Promise<AudienceSample>;
type Change = (known: AudienceSample) => AudienceSample;

interface PendingRead {
  /** Changes since the read began: the answer of the store may lack them. */
  readonly changes: Change[];
  readonly done: Promise<void>;
}

export class AudienceCache {
  readonly #read: ReadAudience;
  readonly #onRepaired: (gap: AudienceGap) => void;
  #state: State = { kind: 'unread' };
  #reading: PendingRead | null = null;

  constructor(read: ReadAudience, onRepaired: (gap: AudienceGap) => void = () => undefined) {
    this.#read = read;
    this.#onRepaired = onRepaired;
  }

  /** False until the first read, and after invalidate(). */
  get isKnown(): boolean {
    return this.#state.kind === 'current';
  }

  /** Whether it names as many members as a snapshot, or all there are. */
  get isComplete(): boolean {
    return this.isKnown && this.members.length >= Math.min(SNAPSHOT_MEMBERS, this.count);
  }

  /**
   * Reads what is not known well enough; rejects when the store does not answer. While isKnown holds, `members` may be
   * taken in the same step that registers a member: earlier news are in it, later news reach the member.
   */
  ready(): Promise<void> {
    if (this.isComplete) return Promise.resolve();
    this.#reading ??= this.#begin();
    return this.#reading.done;
  }

  /** Some members; the same array as long as nothing has changed. */
  get members(): readonly MemberRecord[] {
    return this.#state.kind === 'current' ? this.#state.known.members : [];
  }

  /** The members; in an interruption those that were known before it, the latest first. */
  get knownMembers(): readonly MemberRecord[] {
    return this.#state.kind === 'interrupted' ? this.#state.inSnapshots : this.members;
  }

  /** The number of all members, after the last news. */
  get count(): number {
    return this.#state.kind === 'current' ? this.#state.known.count : 0;
  }

  onNews(news: AudienceNews): void {
    this.#change((known) => withNews(known, news, KEPT_MAX));
    if (this.#state.kind === 'unread') return;
    this.#state = { ...this.#state, ...sentAfterNews(this.#state, news) };
  }

  /** The user has just joined; `count` is from then. The feed may say so a little later. */
  onJoin(member: MemberRecord, count: number): void {
    this.#change(({ members }) => ({ count, members: withMember(members, member, KEPT_MAX) }));
    if (this.#state.kind === 'unread' || count === this.#state.sent.count) return;
    this.#state = { ...this.#state, isCountMixed: true };
  }

  /** News may have been missed: the next ready() reads everything. A read in flight may be older than the gap. */
  invalidate(): void {
    this.#reading = null;
    if (this.#state.kind !== 'current') return;
    const { sent, isCountMixed, known } = this.#state;
    this.#state = { kind: 'interrupted', sent, isCountMixed, inSnapshots: known.members };
  }

  #change(change: Change): void {
    this.#reading?.changes.push(change);
    if (this.#state.kind === 'current') this.#state = { ...this.#state, known: change(this.#state.known) };
  }

  #begin(): PendingRead {
    const changes: Change[] = [];
    const isCurrent = () => this.#reading?.changes === changes;
    const done = this.#read(KEPT_MAX).then(
      (sample) => {
        if (!isCurrent()) return this.ready();
        this.#reading = null;
        this.#onRead(withChanges(sample, changes));
        return undefined;
      },
      (error: unknown) => {
        if (isCurrent()) this.#reading = null;
        throw error;
      },
    );
    return { changes, done };
  }

  #onRead(known: AudienceSample): void {
    const before = this.#state;
    switch (before.kind) {
      case 'unread':
        this.#state = { kind: 'current', known, sent: known, isCountMixed: false };
        return;
      case 'current':
        // The feed gave the members everything: this read changes only what the node knows.
        this.#state = { ...before, known };
        return;
      case 'interrupted': {
        const { sent, inSnapshots, isCountMixed } = before;
        this.#state = { kind: 'current', known, sent: sentAfterGap({ sent, now: known }), isCountMixed: false };
        // In a crowd not every member that was sent is remembered: then no names are sent.
        const areAllSentKnown = sent.members.length < KEPT_MAX;
        this.#onRepaired({ sent, inSnapshots, now: known, areAllSentKnown, isCountMixed });
      }
    }
  }
}

/** The answer of the store with the changes since it was asked. */
function withChanges(sample: AudienceSample, changes: readonly Change[]): AudienceSample {
  const known = changes.reduce((before, change) => change(before), sample);
  // News that came late have an older number. Where all members are known, they are the number.
  const areAllKnown = sample.members.length === sample.count && known.members.length < KEPT_MAX;
  return areAllKnown ? { ...known, count: known.members.length } : known;
}

/** A rejoin is not announced: if the members never got that user's first join, there is nothing to correct. */
function sentAfterNews({ sent, isCountMixed }: Sent, news: AudienceNews): Sent {
  const isNamed = ({ member, again }: JoinedMember) =>
    !again || sent.members.some(({ userId }) => userId === member.userId);
  const next = withNews(sent, { ...news, joined: news.joined?.filter(isNamed) ?? [] }, KEPT_MAX);
  if (news.left?.length || news.joined?.some(({ again }) => !again)) return { sent: next, isCountMixed: false };
  // News that name nobody send no packet, so the members still have the old count.
  return { sent: { ...next, count: sent.count }, isCountMixed: isCountMixed || news.count !== sent.count };
}

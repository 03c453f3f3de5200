// A room's members on this node, and all that is said to them: commits, others' comings and goings, farewells.
// Must not know where news comes from, nor decide anything.

import { Outbox } from '../../delivery/outbox.ts';
import type { Recipient } from '../../delivery/recipient.ts';
import { kindOf } from '../../domain/view.ts';
import type { CancelTimer } from '../../ops/clock.ts';
import { inStretches } from '../../ops/time-slice.ts';
import type { RoomId, SessionId } from '../../protocol/ids.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import type { Talk } from '../chat/message-feed.ts';
import { type LocalMember, LocalMembers } from '../contract/local-members.ts';
import type { Revalidate, RoomParts } from '../contract/room-deps.ts';
import { KnownAudience } from './audience-cache.ts';
import { type Gap, missedIn } from './audience-gap.ts';
import { type AudienceNews, type AudienceSample, type ShownNews, shownOf } from './audience-sample.ts';
import {
  type CommitSeen,
  farewellOf,
  kindChanged,
  type Leaving,
  type RoomChange,
  rightsChanged,
  sendOwnAffairs,
  updateOf,
} from './commit-messages.ts';
import { toMemberView } from './snapshot-builder.ts';
import { OwedSnapshots } from './snapshot-sender.ts';

/** Above this, names would cost every member more than they tell: then only the count is sent (SYNC-6). */
export const NAMED_AUDIENCE_MAX = 200;
/** How often the count alone is sent at most. */
const COUNT_INTERVAL_MS = 1_000;

/** A session that is about to become a member here, and the newest session of its user heard of meanwhile. */
export interface Expected {
  readonly userId: string;
  readonly sessionId: SessionId;
  newestFence: number;
  /** The membership it is about to be told of is over already: a stage commit has ended it. */
  ended: { readonly fence: number; readonly reason: string } | null;
}

interface Surroundings {
  readonly roomId: RoomId;
  readonly parts: RoomParts;
  /** The room as it is now. */
  readonly current: () => StoredRoom;
  /** The number of members has been heard of. */
  readonly onCount: (count: number) => void;
  /** The room is closed, and everybody here has been put out. */
  readonly onAllGone: () => void;
  /** What was said in it lately. */
  readonly talk: () => Pick<Talk, 'ready' | 'recent'>;
  /** Reads anew whether that member still is one; see Grants. */
  readonly revalidate: Revalidate;
}

export class RoomAudience {
  readonly members = new LocalMembers();
  /** Through it the room speaks to them. */
  readonly outbox: Outbox;
  readonly #around: Surroundings;
  #count = 0;
  #isCounted = false;
  /** Commits are being heard together. */
  #isWithin = false;
  #countDue: CancelTimer | null = null;
  readonly #expected = new Map<string, Set<Expected>>();
  readonly #known: KnownAudience;
  readonly #snapshots: OwedSnapshots;

  constructor(around: Surroundings) {
    this.#around = around;
    const { clock, outbound } = around.parts;
    const onRecovered = (recipient: Recipient) => this.#snapshots.sendTo(recipient);
    this.outbox = new Outbox({ roomId: around.roomId, clock, outbound, onRecovered });
    const read = (limit: number) => around.parts.presence.sample(around.roomId, limit);
    this.#known = new KnownAudience(read, (gap) => this.#tellMissed(gap));
    this.#snapshots = new OwedSnapshots({
      ...around.parts,
      members: this.members,
      current: around.current,
      shown: () => (this.isReady ? { audience: this.sample(), recentMessages: around.talk().recent() } : null),
      ready: () => Promise.all([this.ready(), around.talk().ready()]),
    });
  }

  /** The number of members on all nodes, as last heard. */
  get count(): number {
    return this.#count;
  }

  heardCount(count: number): void {
    this.#count = count;
    this.#isCounted = true;
    this.#around.onCount(count);
  }

  /** Reads the count. News that come meanwhile may be older: if they differ in whether anybody is there, it is read again. */
  async recount(): Promise<void> {
    this.#isCounted = false;
    const count = await this.#around.parts.presence.count(this.#around.roomId);
    if (!this.#isCounted) this.heardCount(count);
    else if (count > 0 !== this.#count > 0) await this.recount();
  }

  /** From now on he is a member here and hears the room; what he was shown must be the room as it is now. */
  admit(member: LocalMember): void {
    const { parts, current } = this.#around;
    this.members.add(member);
    const line = parts.outbound.line(member.sessionId);
    member.recipient = line && this.outbox.add(line, kindOf(current().state, member.record.userId));
  }

  /** Everybody here hears what this commit means to him. */
  hearCommit(seen: CommitSeen): void {
    const owedSnapshot = kindChanged(this.members, seen);
    for (const { recipient } of owedSnapshot) recipient?.turnTo('talk');
    const update = updateOf(seen);
    if (update) this.outbox.sayNow(update);
    sendOwnAffairs(this.members, seen);
    // First, because whoever is no longer here is owed no grant.
    this.#sayFarewells(seen);
    if (seen.after.state.closed) return;
    if (!this.#isWithin) this.#pushGrants(seen);
    this.#snapshots.send(owedSnapshot);
  }

  /** The commits that `hear` brings are told as one, and nobody is granted what is over by their end. */
  hearTogether(hear: () => void): void {
    const before = this.#around.current();
    const isWithin = this.#isWithin;
    this.#isWithin = true;
    try {
      this.outbox.together(hear);
    } finally {
      this.#isWithin = isWithin;
      const after = this.#around.current();
      if (!isWithin && !after.state.closed) this.#pushGrants({ before, after });
    }
  }

  /**
   * The room was exchanged for another one: nobody's history can go on, but rights and the end of the room hold. Nobody
   * hears of the stage before he is shown it.
   */
  startAnew(change: RoomChange): void {
    this.doubt();
    this.#sayClosed(change);
    if (change.after.state.closed) return;
    for (const { recipient } of this.members.all()) recipient?.turnTo('talk');
    this.#pushGrants(change);
  }

  /** Shows these members the whole room, as it is when they are shown it; until then they hear no updates. */
  show(members: readonly LocalMember[]): void {
    for (const { recipient } of members) recipient?.turnTo('talk');
    this.#snapshots.send(members);
  }

  /** Members whom this node can name: its own first. */
  get named(): readonly MemberRecord[] {
    return [...this.members.all().map(({ record }) => record), ...this.#known.named];
  }

  #pushGrants(change: RoomChange): void {
    for (const { member, reason } of rightsChanged(this.members, change)) {
      const { revalidate } = this.#around;
      this.#around.parts.grants.push(change.after.state, member, { reason, revalidate });
    }
  }

  /** Whether sample() can be asked; ready() sees to it, and a doubt ends it. */
  get isReady(): boolean {
    return this.#known.isKnown;
  }

  /** Makes sure that enough members are known here; rejects when the store does not answer. */
  async ready(): Promise<void> {
    if (this.#known.isWhole) return;
    await this.#known.ready();
    if (this.#known.isKnown) this.heardCount(this.#known.count);
  }

  /** As this node knows it, once that isReady. Who is registered in the same step misses nobody's coming or going. */
  sample(): AudienceSample {
    return { count: this.#count, members: this.#known.members };
  }

  /** News may have been missed, or all is another's. */
  doubt(): void {
    this.#known.forget();
  }

  /** The store has let that member in; the feed will say so, too. If it has, it knows what came after, as well. */
  entered({ member, count }: { readonly member: MemberRecord; readonly count: number }, expected: Expected): void {
    if (expected.newestFence >= member.fence) return;
    this.heardCount(count);
    if (expected.ended?.fence !== member.fence) this.#known.hearJoin(member, count);
  }

  /** Says that a join is on its way, so that a still newer one is not missed before it is registered. */
  expect(userId: string, sessionId: SessionId): Expected {
    const expected: Expected = { userId, sessionId, newestFence: 0, ended: null };
    this.#expected.set(userId, (this.#expected.get(userId) ?? new Set()).add(expected));
    return expected;
  }

  /** Whether a join of his is on its way, besides that one. */
  isExpected(userId: string, besides: Expected | null = null): boolean {
    return [...(this.#expected.get(userId) ?? [])].some((expected) => expected !== besides);
  }

  unexpect(expected: Expected): void {
    const ofUser = this.#expected.get(expected.userId);
    ofUser?.delete(expected);
    if (ofUser?.size === 0) this.#expected.delete(expected.userId);
  }

  hearAudience(news: AudienceNews): void {
    this.heardCount(news.count);
    this.#known.hear(news);
    for (const { member } of news.joined ?? []) this.#hearNewSession(member);
    const shown = shownOf(news);
    if (shown.joined.length + shown.left.length === 0) return;
    if (news.count > NAMED_AUDIENCE_MAX) this.#sendCountSoon();
    else this.#sendNames(shown);
  }

  /** The newest session of a user wins, wherever it is (PRES-4). */
  #hearNewSession(joined: MemberRecord): void {
    const expected = [...(this.#expected.get(joined.userId) ?? [])];
    for (const one of expected) one.newestFence = Math.max(one.newestFence, joined.fence);
    const old = this.members.get(joined.userId);
    if (!old || old.record.fence >= joined.fence) return;
    // A connection that joins again replaces itself; its join will see to that.
    const isItself = expected.some(({ sessionId }) => sessionId === old.sessionId);
    if (isItself && joined.nodeId === this.#around.parts.node.id) return;
    this.dismiss(old, { reason: 'replaced' });
  }

  /** The session is no longer a member: forgets it, and says why unless it asked for it itself. */
  dismiss(member: LocalMember, farewell: Leaving | null): void {
    const { roomId, parts } = this.#around;
    const { grants, onDismissed } = parts;
    // A later session of the same connection may have taken its place: that one stays.
    const local = this.members.remove(member.record);
    if (!local) return;
    grants.forget(local);
    if (farewell) local.recipient?.tell('room:left', { roomId, ...farewell });
    local.recipient?.leave();
    onDismissed(roomId, member.sessionId);
  }

  close(): void {
    this.#countDue?.();
    this.outbox.close();
  }

  #sayFarewells(seen: CommitSeen): void {
    for (const event of seen.record.events) {
      if (event.type !== 'member.left') continue;
      const { userId, fence, reason } = event;
      for (const expected of this.#expected.get(userId) ?? []) expected.ended = { fence, reason };
      const member = this.members.get(userId);
      if (member && member.record.fence <= fence) this.dismiss(member, farewellOf(event, member));
    }
    this.#sayClosed(seen);
  }

  #sayClosed({ after }: RoomChange): void {
    const { closed } = after.state;
    if (!closed) return;
    const act = (member: LocalMember) => this.dismiss(member, { reason: 'roomClosed', by: closed.by });
    void inStretches(this.members.all(), this.#around.parts.clock, { act }).then(() => this.#around.onAllGone());
  }

  #tellMissed(gap: Gap): void {
    const missed = missedIn(gap, { count: this.#count, namedMax: NAMED_AUDIENCE_MAX });
    this.heardCount(gap.now.count);
    if (missed === 'count') this.#sendCountSoon();
    else if (missed) this.#sendNames(missed);
  }

  #sendNames({ count, joined, left }: ShownNews): void {
    const room = this.#around.current().state;
    const names = joined.map((member) => JSON.stringify(toMemberView(room, member)));
    this.outbox.say([{ kind: 'audience', count, joined: names, left }]);
  }

  #sendCountSoon(): void {
    this.#countDue ??= this.#around.parts.clock.after(COUNT_INTERVAL_MS, () => {
      this.#countDue = null;
      // At once, or the window would come on top of the second.
      this.outbox.sayNow({ kind: 'audience', count: this.#count, joined: [], left: [] });
    });
  }
}

// A room's members on this node, and all that is said to them: commits, others' comings and goings, farewells.
// Must not know where news comes from, nor decide anything.

import { Outbox } from '../../delivery/outbox.ts';
import type { Recipient } from '../../delivery/recipient.ts';
import { kindOf } from '../../domain/view.ts';
import type { CancelTimer } from '../../ops/clock.ts';
import { forEachInSlices } from '../../ops/time-slice.ts';
import type { RoomId, SessionId } from '../../protocol/ids.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import type { MessageFeed } from '../chat/message-feed.ts';
import { type LocalMember, LocalMembers } from '../contract/local-members.ts';
import type { Revalidate, RoomDeps } from '../contract/room-deps.ts';
import { AudienceCache } from './audience-cache.ts';
import { type AudienceGap, missedIn } from './audience-gap.ts';
import { type AudienceNews, type AudienceSample, type VisibleNews, visibleNews } from './audience-sample.ts';
import {
  type CommitView,
  grantChanges,
  kindChanged,
  type RemovalNotice,
  type RoomChange,
  removalNoticeOf,
  sendPrivateEvents,
  updateOf,
} from './commit-messages.ts';
import { toMemberView } from './snapshot-builder.ts';
import { SnapshotSender } from './snapshot-sender.ts';

/** Above this, names would cost every member more than they tell: then only the count is sent (SYNC-6). */
export const NAMED_AUDIENCE_MAX = 200;
/** How often the count alone is sent at most. */
const COUNT_INTERVAL_MS = 1_000;

/** A session that is about to become a member here, and the newest session of its user heard of meanwhile. */
export interface PendingJoin {
  readonly userId: string;
  readonly sessionId: SessionId;
  newestFence: number;
  /** The membership it is about to be told of is over already: a stage commit has ended it. */
  ended: { readonly fence: number; readonly reason: string } | null;
}

interface RoomAudienceDeps {
  readonly roomId: RoomId;
  readonly room: RoomDeps;
  /** The room as it is now. */
  readonly current: () => StoredRoom;
  /** The number of members has been heard of. */
  readonly onCount: (count: number) => void;
  /** The room is closed, and everybody here has been put out. */
  readonly onAllGone: () => void;
  /** What was said in it lately. */
  readonly talk: () => Pick<MessageFeed, 'ready' | 'recent'>;
  /** Reads anew whether that member still is one; see Grants. */
  readonly revalidate: Revalidate;
}

export class RoomAudience {
  readonly members = new LocalMembers();
  /** Through it the room speaks to them. */
  readonly outbox: Outbox;
  readonly #deps: RoomAudienceDeps;
  #count = 0;
  #isCounted = false;
  /** Commits are being heard together. */
  #isWithin = false;
  #countDue: CancelTimer | null = null;
  readonly #joining = new Map<string, Set<PendingJoin>>();
  readonly #cache: AudienceCache;
  readonly #snapshots: SnapshotSender;

  constructor(deps: RoomAudienceDeps) {
    this.#deps = deps;
    const { clock, connections } = deps.room;
    const onRecovered = (recipient: Recipient) => this.#snapshots.sendTo(recipient);
    this.outbox = new Outbox({ roomId: deps.roomId, clock, connections, onRecovered });
    const read = (limit: number) => deps.room.presence.sample(deps.roomId, limit);
    this.#cache = new AudienceCache(read, (gap) => this.#sendMissed(gap));
    this.#snapshots = new SnapshotSender({
      ...deps.room,
      members: this.members,
      current: deps.current,
      shown: () => (this.isReady ? { audience: this.sample(), recentMessages: deps.talk().recent() } : null),
      ready: () => Promise.all([this.ready(), deps.talk().ready()]),
    });
  }

  /** The number of members on all nodes, as last heard. */
  get count(): number {
    return this.#count;
  }

  onCount(count: number): void {
    this.#count = count;
    this.#isCounted = true;
    this.#deps.onCount(count);
  }

  /** Reads the count. News that come meanwhile may be older: if they differ in whether anybody is there, it is read again. */
  async recount(): Promise<void> {
    this.#isCounted = false;
    const count = await this.#deps.room.presence.count(this.#deps.roomId);
    if (!this.#isCounted) this.onCount(count);
    else if (count > 0 !== this.#count > 0) await this.recount();
  }

  /** From now on he is a member here and hears the room; what he was shown must be the room as it is now. */
  addMember(member: LocalMember): void {
    const { room, current } = this.#deps;
    this.members.add(member);
    const line = room.connections.connectionOf(member.sessionId);
    member.recipient = line && this.outbox.add(line, kindOf(current().state, member.record.userId));
  }

  /** Everybody here hears what this commit means to him. */
  onCommit(seen: CommitView): void {
    const owedSnapshot = kindChanged(this.members, seen);
    for (const { recipient } of owedSnapshot) recipient?.switchTo('paused');
    const update = updateOf(seen);
    if (update) this.outbox.broadcastNow(update);
    sendPrivateEvents(this.members, seen);
    // First, because whoever is no longer here is owed no grant.
    this.#removeLeavers(seen);
    if (seen.after.state.closed) return;
    if (!this.#isWithin) this.#pushGrants(seen);
    this.#snapshots.send(owedSnapshot);
  }

  /** The commits that `hear` brings are told as one, and nobody is granted what is over by their end. */
  atomically(hear: () => void): void {
    const before = this.#deps.current();
    const isWithin = this.#isWithin;
    this.#isWithin = true;
    try {
      this.outbox.atomically(hear);
    } finally {
      this.#isWithin = isWithin;
      const after = this.#deps.current();
      if (!isWithin && !after.state.closed) this.#pushGrants({ before, after });
    }
  }

  /**
   * The room was exchanged for another one: nobody's history can go on, but rights and the end of the room hold. Nobody
   * hears of the stage before he is shown it.
   */
  resetForNewCopy(change: RoomChange): void {
    this.invalidate();
    this.#removeAllIfClosed(change);
    if (change.after.state.closed) return;
    for (const { recipient } of this.members.all()) recipient?.switchTo('paused');
    this.#pushGrants(change);
  }

  /** Shows these members the whole room, as it is when they are shown it; until then they hear no updates. */
  sendSnapshots(members: readonly LocalMember[]): void {
    for (const { recipient } of members) recipient?.switchTo('paused');
    this.#snapshots.send(members);
  }

  /** Members whom this node can name: its own first. */
  get knownMembers(): readonly MemberRecord[] {
    return [...this.members.all().map(({ record }) => record), ...this.#cache.knownMembers];
  }

  #pushGrants(change: RoomChange): void {
    for (const { member, reason } of grantChanges(this.members, change)) {
      const { revalidate } = this.#deps;
      this.#deps.room.grants.push(change.after.state, member, { reason, revalidate });
    }
  }

  /** Whether sample() can be asked; ready() sees to it, and a doubt ends it. */
  get isReady(): boolean {
    return this.#cache.isKnown;
  }

  /** Makes sure that enough members are known here; rejects when the store does not answer. */
  async ready(): Promise<void> {
    if (this.#cache.isComplete) return;
    await this.#cache.ready();
    if (this.#cache.isKnown) this.onCount(this.#cache.count);
  }

  /** As this node knows it, once that isReady. Who is registered in the same step misses nobody's coming or going. */
  sample(): AudienceSample {
    return { count: this.#count, members: this.#cache.members };
  }

  /** News may have been missed, or all is another's. */
  invalidate(): void {
    this.#cache.invalidate();
  }

  /** The store has let that member in; the feed will say so, too. If it has, it knows what came after, as well. */
  confirmJoin(
    { member, count }: { readonly member: MemberRecord; readonly count: number },
    expected: PendingJoin,
  ): void {
    if (expected.newestFence >= member.fence) return;
    this.onCount(count);
    if (expected.ended?.fence !== member.fence) this.#cache.onJoin(member, count);
  }

  /** Says that a join is on its way, so that a still newer one is not missed before it is registered. */
  beginJoin(userId: string, sessionId: SessionId): PendingJoin {
    const expected: PendingJoin = { userId, sessionId, newestFence: 0, ended: null };
    this.#joining.set(userId, (this.#joining.get(userId) ?? new Set()).add(expected));
    return expected;
  }

  /** Whether a join of his is on its way, besides that one. */
  isJoining(userId: string, besides: PendingJoin | null = null): boolean {
    return [...(this.#joining.get(userId) ?? [])].some((expected) => expected !== besides);
  }

  endJoin(expected: PendingJoin): void {
    const ofUser = this.#joining.get(expected.userId);
    ofUser?.delete(expected);
    if (ofUser?.size === 0) this.#joining.delete(expected.userId);
  }

  onAudienceNews(news: AudienceNews): void {
    this.onCount(news.count);
    this.#cache.onNews(news);
    for (const { member } of news.joined ?? []) this.#onNewSession(member);
    const shown = visibleNews(news);
    if (shown.joined.length + shown.left.length === 0) return;
    if (news.count > NAMED_AUDIENCE_MAX) this.#sendCountSoon();
    else this.#sendNames(shown);
  }

  /** The newest session of a user wins, wherever it is (PRES-4). */
  #onNewSession(joined: MemberRecord): void {
    const expected = [...(this.#joining.get(joined.userId) ?? [])];
    for (const one of expected) one.newestFence = Math.max(one.newestFence, joined.fence);
    const old = this.members.get(joined.userId);
    if (!old || old.record.fence >= joined.fence) return;
    // A connection that joins again replaces itself; its join will see to that.
    const isItself = expected.some(({ sessionId }) => sessionId === old.sessionId);
    if (isItself && joined.nodeId === this.#deps.room.node.id) return;
    this.removeMember(old, { reason: 'replaced' });
  }

  /** The session is no longer a member: forgets it, and says why unless it asked for it itself. */
  removeMember(member: LocalMember, farewell: RemovalNotice | null): void {
    const { roomId, room } = this.#deps;
    const { grants, onMemberRemoved } = room;
    // A later session of the same connection may have taken its place: that one stays.
    const local = this.members.remove(member.record);
    if (!local) return;
    grants.forget(local);
    if (farewell) local.recipient?.send('room:left', { roomId, ...farewell });
    local.recipient?.leave();
    onMemberRemoved(roomId, member.sessionId);
  }

  close(): void {
    this.#countDue?.();
    this.outbox.close();
  }

  #removeLeavers(seen: CommitView): void {
    for (const event of seen.record.events) {
      if (event.type !== 'member.left') continue;
      const { userId, fence, reason } = event;
      for (const expected of this.#joining.get(userId) ?? []) expected.ended = { fence, reason };
      const member = this.members.get(userId);
      if (member && member.record.fence <= fence) this.removeMember(member, removalNoticeOf(event, member));
    }
    this.#removeAllIfClosed(seen);
  }

  #removeAllIfClosed({ after }: RoomChange): void {
    const { closed } = after.state;
    if (!closed) return;
    const act = (member: LocalMember) => this.removeMember(member, { reason: 'roomClosed', by: closed.by });
    void forEachInSlices(this.members.all(), this.#deps.room.clock, { act }).then(() => this.#deps.onAllGone());
  }

  #sendMissed(gap: AudienceGap): void {
    const missed = missedIn(gap, { count: this.#count, namedMax: NAMED_AUDIENCE_MAX });
    this.onCount(gap.now.count);
    if (missed === 'count') this.#sendCountSoon();
    else if (missed) this.#sendNames(missed);
  }

  #sendNames({ count, joined, left }: VisibleNews): void {
    const room = this.#deps.current().state;
    const names = joined.map((member) => JSON.stringify(toMemberView(room, member)));
    this.outbox.enqueue([{ kind: 'audience', count, joined: names, left }]);
  }

  #sendCountSoon(): void {
    this.#countDue ??= this.#deps.room.clock.after(COUNT_INTERVAL_MS, () => {
      this.#countDue = null;
      // At once, or the window would come on top of the second.
      this.outbox.broadcastNow({ kind: 'audience', count: this.#count, joined: [], left: [] });
    });
  }
}

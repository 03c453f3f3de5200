// A room's members on this node, and what they are sent: commits, joins and leaves of others, and their own removal.
import type { Outbox } from '../../delivery/outbox.ts';
import { kindOf } from '../../domain/view.ts';
import { Timer } from '../../ops/repeat.ts';
import { forEachInSlices } from '../../ops/time-slice.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { LocalMember, LocalMembers } from '../contract/local-members.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { Revalidate } from '../contract/voice-grants.ts';
import type { CommitApplied, RoomCopy, Transition } from '../turns/room-replica.ts';
import { AudienceCache } from './audience-cache.ts';
import { type AudienceGap, missedIn } from './audience-gap.ts';
import { type AudienceNews, type AudienceSample, type VisibleNews, visibleNews } from './audience-sample.ts';
import {
  grantChanges,
  kindChanged,
  type RemovalNotice,
  removalNoticeOf,
  sendPrivateEvents,
  updateOf,
} from './commit-messages.ts';
import type { PendingJoin, PendingJoins } from './pending-joins.ts';

import { toMemberView } from './snapshot-builder.ts';
import type { SnapshotSender } from './snapshot-sender.ts';

/** Above this, names cost every member more than they tell: only the count is sent (SYNC-6). */
export const NAMED_AUDIENCE_MAX = 200;
/** The shortest time between two packets with the count alone. */
const COUNT_INTERVAL_MS = 1_000;

interface RoomAudienceDeps {
  readonly roomId: RoomId;
  readonly room: RoomDeps;
  readonly copy: RoomCopy;
  readonly members: LocalMembers;
  readonly pendingJoins: PendingJoins;
  readonly outbox: Outbox;
  readonly snapshots: Pick<SnapshotSender, 'send'>;
  readonly onCount: (count: number) => void;
  readonly revalidate: Revalidate;
}

export class RoomAudience {
  readonly #members: LocalMembers;
  readonly #deps: RoomAudienceDeps;
  readonly #cache: AudienceCache;
  readonly #countTimer: Timer;
  #count = 0;
  #isCounted = false;

  constructor(deps: RoomAudienceDeps) {
    this.#deps = deps;
    this.#members = deps.members;
    this.#countTimer = new Timer(deps.room.clock);
    const read = (limit: number) => deps.room.presence.sample(deps.roomId, limit);
    this.#cache = new AudienceCache(read, (gap) => this.#sendMissed(gap));
  }

  /** The number of members on all nodes, after the last news. */
  get count(): number {
    return this.#count;
  }

  /** Members that this node can name, its own first. */
  get knownMembers(): readonly MemberRecord[] {
    return [...this.#members.all().map(({ record }) => record), ...this.#cache.knownMembers];
  }

  /** Whether sample() may be asked; ready() makes it true, a possible gap ends it. */
  get isReady(): boolean {
    return this.#cache.isKnown;
  }

  /** Makes sure that enough members are known here; rejects when the store does not answer. */
  async ready(): Promise<void> {
    if (this.#cache.isComplete) return;
    await this.#cache.ready();
    if (this.#cache.isKnown) this.#onCount(this.#cache.count);
  }

  /** Ask only while isReady. A member who is registered in the same step misses no join and no leave. */
  sample(): AudienceSample {
    return { count: this.#count, members: this.#cache.members };
  }

  invalidate(): void {
    this.#cache.invalidate();
  }

  /** Reads the count. News that come meanwhile may be older: if they disagree on emptiness, the count is read again. */
  async recount(): Promise<void> {
    this.#isCounted = false;
    const count = await this.#deps.room.presence.count(this.#deps.roomId);
    if (!this.#isCounted) this.#onCount(count);
    else if (count > 0 !== this.#count > 0) await this.recount();
  }

  /** The store has let the member in. The feed says so as well; if it was faster, it knows what came after, too. */
  confirmJoin({ member, count }: { readonly member: MemberRecord; readonly count: number }, join: PendingJoin): void {
    if (join.newestFence >= member.fence) return;
    this.#onCount(count);
    if (join.ended?.fence !== member.fence) this.#cache.onJoin(member, count);
  }

  /** From now on the member gets what the room broadcasts. The snapshot they got must be the room as it is now. */
  addMember(member: LocalMember): void {
    const { room, copy, outbox } = this.#deps;
    this.#members.add(member);
    const connection = room.connections.connectionOf(member.sessionId);
    member.recipient = connection && outbox.add(connection, kindOf(copy.current.state, member.record.userId));
  }

  /** The session is no longer a member here; the notice says why, unless the client asked for it. */
  removeMember(member: LocalMember, notice: RemovalNotice | null): void {
    const { roomId, room } = this.#deps;
    // A later session of the same connection may have taken the place: that one stays.
    const local = this.#members.remove(member.record);
    if (!local) return;
    room.grants.forget(local);
    if (notice) local.recipient?.send('room:left', { roomId, ...notice });
    local.recipient?.leave();
    room.onMemberRemoved(roomId, member.sessionId);
  }

  /** Removes everybody from a closed room, in time slices. */
  removeAll(by: string): Promise<void> {
    const act = (member: LocalMember) => this.removeMember(member, { reason: 'roomClosed', by });
    return forEachInSlices(this.#members.all(), this.#deps.room.clock, act);
  }

  /** Missed commits go out as one, and no grant is sent that ended among them. */
  onCommits(commits: readonly CommitApplied[]): void {
    const [first, last] = [commits[0], commits.at(-1)];
    if (!first || !last) return;
    const owedSnapshot = new Set<LocalMember>();
    const send = (commit: CommitApplied) => {
      for (const member of this.#sendCommit(commit)) owedSnapshot.add(member);
    };
    if (commits.length === 1) send(first);
    else this.#deps.outbox.atomically(() => commits.forEach(send));
    if (last.after.state.closed) return;
    this.#pushGrants({ before: first.before, after: last.after });
    this.#deps.snapshots.send([...owedSnapshot]);
  }

  /** No stream of updates can go on, but rights hold. Members get no update before their snapshot. */
  onReplaced(change: Transition): void {
    this.invalidate();
    if (change.after.state.closed) return;
    for (const { recipient } of this.#members.all()) recipient?.switchTo('paused');
    this.#pushGrants(change);
  }

  /** Sends these members the whole room; until then they get no updates. */
  sendSnapshots(members: readonly LocalMember[]): void {
    for (const { recipient } of members) recipient?.switchTo('paused');
    this.#deps.snapshots.send(members);
  }

  onAudienceNews(news: AudienceNews): void {
    this.#onCount(news.count);
    this.#cache.onNews(news);
    for (const { member } of news.joined ?? []) this.#onNewSession(member);
    const visible = visibleNews(news);
    if (visible.joined.length + visible.left.length === 0) return;
    if (news.count > NAMED_AUDIENCE_MAX) this.#sendCountSoon();
    else this.#sendNames(visible);
  }

  close(): void {
    this.#countTimer.cancel();
    this.#deps.outbox.close();
  }

  #onCount(count: number): void {
    this.#count = count;
    this.#isCounted = true;
    this.#deps.onCount(count);
  }

  /** Returns the members who became or ceased to be staff: they need a snapshot. */
  #sendCommit(commit: CommitApplied): readonly LocalMember[] {
    const owedSnapshot = kindChanged(this.#members, commit);
    for (const { recipient } of owedSnapshot) recipient?.switchTo('paused');
    const update = updateOf(commit);
    if (update) this.#deps.outbox.broadcastNow(update);
    sendPrivateEvents(this.#members, commit);
    // Before grants are pushed: a member who is removed gets none.
    this.#removeLeavers(commit);
    return owedSnapshot;
  }

  #removeLeavers({ record }: CommitApplied): void {
    for (const event of record.events) {
      if (event.type !== 'member.left') continue;
      const { userId, fence, reason } = event;
      for (const join of this.#deps.pendingJoins.of(userId)) join.ended = { fence, reason };
      const member = this.#members.get(userId);
      if (member && member.record.fence <= fence) this.removeMember(member, removalNoticeOf(event, member));
    }
  }

  #pushGrants(change: Transition): void {
    const { revalidate, room } = this.#deps;
    for (const { member, reason } of grantChanges(this.#members, change)) {
      room.grants.push(change.after.state, member, { reason, revalidate });
    }
  }

  /** The newest session of a user wins, on any node (PRES-4). */
  #onNewSession(joined: MemberRecord): void {
    const joins = this.#deps.pendingJoins.of(joined.userId);
    for (const join of joins) join.newestFence = Math.max(join.newestFence, joined.fence);
    const old = this.#members.get(joined.userId);
    if (!old || old.record.fence >= joined.fence) return;
    // A connection that joins again replaces itself; its own join does that.
    const isItself = joins.some(({ sessionId }) => sessionId === old.sessionId);
    if (isItself && joined.nodeId === this.#deps.room.node.id) return;
    this.removeMember(old, { reason: 'replaced' });
  }

  #sendMissed(gap: AudienceGap): void {
    const missed = missedIn(gap, { count: this.#count, namedMax: NAMED_AUDIENCE_MAX });
    this.#onCount(gap.now.count);
    if (missed === 'count') this.#sendCountSoon();
    else if (missed) this.#sendNames(missed);
  }

  #sendNames({ count, joined, left }: VisibleNews): void {
    const { state } = this.#deps.copy.current;
    const names = joined.map((member) => JSON.stringify(toMemberView(state, member)));
    this.#deps.outbox.enqueue([{ kind: 'audience', count, joined: names, left }]);
  }

  #sendCountSoon(): void {
    this.#countTimer.setOnce(COUNT_INTERVAL_MS, () => {
      // At once, or the flush window would come on top of the second.
      this.#deps.outbox.broadcastNow({ kind: 'audience', count: this.#count, joined: [], left: [] });
    });
  }
}

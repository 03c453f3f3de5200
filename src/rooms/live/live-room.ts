// A room that this node serves: its copy, its feed, its turns, its members here. It ties these parts together and
// applies what changed to all of them.
import { Outbox } from '../../delivery/outbox.ts';
import type { Actor } from '../../domain/actor.ts';
import type { OwnCommand, StageCommand } from '../../domain/stage-command.ts';
import type { RoomListener, RoomNews, Unsubscribe } from '../../feed/room-feed.ts';
import { Batcher } from '../../ops/batcher.ts';
import { Timer } from '../../ops/repeat.ts';
import { SingleFlight } from '../../ops/single-flight.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { CommandKey, StoredRoom } from '../../store/room-store.ts';
import { RecoveryRequiredError } from '../../store/store-errors.ts';
import { PendingJoins } from '../audience/pending-joins.ts';
import { RoomAudience } from '../audience/room-audience.ts';
import type { SnapshotContext } from '../audience/snapshot-builder.ts';
import { SnapshotSender, type SnapshotSource } from '../audience/snapshot-sender.ts';
import { MessageFeed } from '../chat/message-feed.ts';
import { MessageWriter } from '../chat/message-writer.ts';
import { type LocalMember, LocalMembers } from '../contract/local-members.ts';
import { type Outcome, rejectionFor, retryLater } from '../contract/outcome.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { Revalidate } from '../contract/voice-grants.ts';
import { CopyValidity } from '../recovery/copy-validity.ts';
import { loadRecovered, retryAfterRecovery } from '../recovery/recovery.ts';
import type { StoreContact } from '../recovery/store-contact.ts';
import { isAtLeast, readMissed } from '../turns/catch-up.ts';
import { type CommitApplied, type CopyReplaced, type RoomChange, RoomReplica } from '../turns/room-replica.ts';
import { attemptTurn, conclude, rejectAll, TURN_ATTEMPTS_MAX, turnLimits } from '../turns/turn.ts';
import type { Answer, TurnJob } from '../turns/turn-job.ts';
import { DeadlineAlarm } from './deadline-alarm.ts';
import { Deadlines } from './deadlines.ts';
import { MembershipCheck } from './membership-check.ts';

/** The time until a failed resync is tried again; at random, so that thousands of rooms do not ask in step. */
const RESYNC_RETRY_MIN_MS = 500;
const RESYNC_RETRY_MAX_MS = 1_000;

const system: Actor = { kind: 'system' };

export interface RoomWatcher {
  /** Something changed: directory and passivation follow. */
  onChange(room: LiveRoom): void;
  /** These members are connected here, and the store does not know them any more: they have to be let in again. */
  onLostMembers(room: LiveRoom, members: readonly LocalMember[]): void;
  /** The room goes on under a new epoch (SYNC-4). */
  onNewEpoch(room: LiveRoom): void;
  /** The store has another replication id than it had (SYNC-4). */
  onRecoveryStarted(): void;
}

interface LiveRoomOptions {
  readonly deps: RoomDeps;
  readonly contact: StoreContact;
  readonly watcher: RoomWatcher;
}

export class LiveRoom implements RoomListener, SnapshotSource {
  readonly roomId: RoomId;
  /** The members who are connected to this node. */
  readonly members = new LocalMembers();
  readonly pendingJoins = new PendingJoins();
  readonly audience: RoomAudience;
  readonly messageFeed: MessageFeed;
  readonly messageWriter: MessageWriter;
  readonly copyValidity: CopyValidity;
  readonly #options: LiveRoomOptions;
  readonly #replica: RoomReplica;
  readonly #outbox: Outbox;
  readonly #snapshots: SnapshotSender;
  readonly #turns: Batcher<TurnJob>;
  readonly #catchUp = new SingleFlight(() => this.#readMissed());
  readonly #membershipCheck: MembershipCheck;
  readonly #deadlines: Deadlines;
  readonly #alarm: DeadlineAlarm;
  readonly #resyncTimer: Timer;
  #unsubscribe: Unsubscribe | null = null;
  #isClosed = false;

  private constructor(first: StoredRoom, options: LiveRoomOptions) {
    const { deps, contact, watcher } = options;
    const { roomId } = first.state;
    const { clock, connections, logger } = deps;
    this.roomId = roomId;
    this.#options = options;
    const copy = new RoomReplica(first);
    this.#replica = copy;
    const { members } = this;
    const onRecovered = (recipient: Parameters<SnapshotSender['sendTo']>[0]) => this.#snapshots.sendTo(recipient);
    const outbox = new Outbox({ roomId, clock, connections, onRecovered });
    this.#outbox = outbox;
    this.#snapshots = new SnapshotSender({ members, clock, logger, copy, source: this });
    this.audience = new RoomAudience({
      roomId,
      room: deps,
      copy,
      members,
      pendingJoins: this.pendingJoins,
      outbox,
      snapshots: this.#snapshots,
      onCount: (count) => this.#onCount(count),
      revalidate: this.revalidate,
    });
    this.messageFeed = new MessageFeed({ roomId, store: deps.messages, members, outbox });
    this.messageWriter = new MessageWriter({ ...deps, roomId, store: deps.messages, copy, room: this });
    this.copyValidity = new CopyValidity(deps, { roomId, contact, room: this, watcher });
    const { node, presence } = deps;
    this.#membershipCheck = new MembershipCheck({ roomId, node, presence, members, audience: this.audience, copy });
    this.#deadlines = new Deadlines({ store: deps.store, copy, room: this });
    this.#alarm = new DeadlineAlarm({ clock, store: deps.store, deadlines: this.#deadlines });
    this.#turns = new Batcher((jobs) => this.#runTurn(jobs), turnLimits);
    this.#resyncTimer = new Timer(clock);
  }

  /**
   * Null when there is no such room. It is subscribed to its feed before this resolves. Commits between the first read
   * and the subscription show by the position that a join or a commit brings, and are read then (D4).
   */
  static async open(roomId: RoomId, options: LiveRoomOptions): Promise<LiveRoom | null> {
    const loaded = await loadRecovered(roomId, options.deps);
    if (!loaded) return null;
    const room = new LiveRoom(loaded.room, options);
    room.#unsubscribe = await options.deps.feed.subscribe(roomId, room);
    try {
      await room.audience.ready();
    } catch (error) {
      await room.close();
      throw error;
    }
    room.copyValidity.read();
    room.#alarm.schedule();
    if (loaded.isNewEpoch) options.watcher.onNewEpoch(room);
    return room;
  }

  get current(): StoredRoom {
    return this.#replica.current;
  }

  /** No member is here and nothing is due; a turn may still be in flight. */
  get isIdle(): boolean {
    return this.members.size === 0 && this.#deadlines.deadline === null;
  }

  /** Whether members and recent chat are known here; the feed keeps both true. Ask in the step that relies on it. */
  get isReady(): boolean {
    return this.messageFeed.isReady && this.audience.isReady;
  }

  /** Reads what isReady needs; rejects when the store does not answer. A possible gap may end isReady at once. */
  async ready(): Promise<void> {
    await Promise.all([this.messageFeed.ready(), this.audience.ready()]);
  }

  contextNow(): SnapshotContext {
    return { audience: this.audience.sample(), recentMessages: this.messageFeed.recent() };
  }

  /** The parts of a snapshot beside the stage; rejects when the store does not answer. */
  async snapshotContext(): Promise<SnapshotContext> {
    await this.ready();
    while (!this.isReady) await this.ready();
    return this.contextNow();
  }

  /** Finishes the turns that wait, then unsubscribes from the feed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#resyncTimer.cancel();
    this.copyValidity.close();
    this.#alarm.stop();
    await this.idle();
    this.audience.close();
    await this.#unsubscribe?.();
  }

  /** Resolves when no turn and no message waits or runs. */
  async idle(): Promise<void> {
    await Promise.all([this.#turns.idle(), this.messageWriter.idle()]);
  }

  /** Writes the broadcasts that wait for their flush window. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Puts a command into the next turn. Never rejects. */
  execute(command: StageCommand, actor: Actor, key: CommandKey | null = null): Promise<Outcome> {
    return new Promise((resolve) => {
      const isTaken = this.#turns.add({ command, actor, key, resolve });
      if (!isTaken) resolve({ ok: false, rejection: retryLater('OVERLOADED') });
    });
  }

  /** The same for Maiwei's own commands. A full queue takes them, because each membership has at most one of a kind. */
  executeOwn(command: OwnCommand, actor: Actor = system): Promise<Outcome> {
    return new Promise((resolve) => this.#turns.addAlways({ command, actor, key: null, resolve }));
  }

  /** Reads what this copy lacks; concurrent callers share one read. Rejects when the store does not answer. */
  catchUp(): Promise<void> {
    return this.#catchUp.run();
  }

  async catchUpTo(position: Pick<StoredRoom, 'epoch' | 'version'>): Promise<void> {
    if (!isAtLeast(this.current, position)) await this.catchUp();
    // The read that was shared may have begun before the position was reached.
    if (!isAtLeast(this.current, position)) await this.catchUp();
  }

  /** The state as just read, or null when the member's session here has ended. One function for all members. */
  readonly revalidate: Revalidate = async (member) => {
    const { userId, fence } = member.record;
    const find = () => this.#options.deps.presence.find(this.roomId, [userId]);
    // Run both: after data loss `find` may return old data, but `catchUp` throws.
    const [found] = await Promise.all([find(), this.catchUp()]);
    if (found.get(userId)?.fence !== fence) return null;
    // A commit that was just read may have removed the member.
    return this.members.get(userId) === member ? this.current.state : null;
  };

  onNews(news: RoomNews): void {
    switch (news.kind) {
      case 'commit':
        // Asked first: the record of a known commit is not even parsed.
        if (!this.#replica.hasApplied(news)) this.#onRecord(news.record);
        return;
      case 'audience':
        this.audience.onAudienceNews(news);
        this.#options.watcher.onChange(this);
        return;
      case 'settled':
        this.onPossibleGap();
        return;
      default:
        // Newer nodes may send kinds of news that this one does not know: the message feed ignores them.
        this.messageFeed.onNews(news);
    }
  }

  /** Reads everything again; ends the members here whose sessions ended or were replaced unseen (PRES-4). */
  onPossibleGap(): void {
    const { logger, random } = this.#options.deps;
    this.#resyncTimer.cancel();
    this.audience.invalidate();
    this.copyValidity.read();
    Promise.all([this.#resyncMembers(), this.messageFeed.catchUp()]).catch((error: unknown) => {
      const { roomId } = this;
      logger.warn({ event: 'room.resync.retry', error, roomId }, 'The room could not be read again; it is retried.');
      if (this.#isClosed) return;
      const delayMs = random.integer(RESYNC_RETRY_MIN_MS, RESYNC_RETRY_MAX_MS);
      this.#resyncTimer.set(delayMs, () => this.onPossibleGap());
    });
  }

  /** Recovery has decided what the room is; null: the store has lost it, and nobody has a copy. */
  onRecovered(room: StoredRoom | null): void {
    if (room) {
      this.#apply(this.#replica.replaceIfNewer(room));
      return;
    }
    const { current } = this;
    if (current.state.closed) return;
    const closed = { at: this.#options.deps.store.now(), by: 'system', reason: 'lost' };
    this.#apply(this.#replica.replace({ ...current, state: { ...current.state, closed } }));
  }

  async #resyncMembers(): Promise<void> {
    await this.#catchUp.runAgain();
    for await (const lost of this.#membershipCheck.run()) this.#options.watcher.onLostMembers(this, lost);
  }

  #onRecord(record: CommitApplied['record']): void {
    const { status, changes } = this.#replica.receive(record);
    if (status === 'gap' || status === 'unknownEvents') this.onPossibleGap();
    else this.#apply(changes);
  }

  async #readMissed(): Promise<void> {
    const { deps, contact } = this.#options;
    const { term } = contact;
    const missed = await readMissed(deps.store, this.current).catch((error: unknown) => {
      if (error instanceof RecoveryRequiredError) void this.copyValidity.recover();
      throw error;
    });
    if (missed.kind === 'absent') {
      // It was closed unseen, or it was lost: recovery tells which.
      if (!this.current.state.closed) void this.copyValidity.recover();
      return;
    }
    this.#apply(
      missed.kind === 'room'
        ? this.#replica.replaceIfNewer(missed.room)
        : this.#replica.receiveAll(missed.records).changes,
    );
    this.copyValidity.validated(term);
  }

  /** Answers every job, whatever happens. Never rejects. */
  async #runTurn(jobs: readonly TurnJob[]): Promise<void> {
    let open = jobs;
    try {
      for (let attempts = 0; attempts < TURN_ATTEMPTS_MAX && open.length > 0; attempts++)
        open = await this.#attempt(open);
      answer(rejectAll(open, retryLater('OVERLOADED')));
    } catch (error) {
      const rejection = rejectionFor(error);
      const { roomId } = this;
      if (!rejection) this.#options.deps.logger.error({ event: 'room.turn.failed', error, roomId }, 'A turn failed.');
      answer(rejectAll(open, rejection ?? { code: 'INTERNAL' }));
    }
  }

  /** One attempt; returns the jobs that are still open. The copy changes, and the changes are applied, in one step. */
  async #attempt(jobs: readonly TurnJob[]): Promise<readonly TurnJob[]> {
    const { deps } = this.#options;
    const attempt = await retryAfterRecovery(
      () => attemptTurn(this.current, jobs, deps),
      () => this.copyValidity.recover(),
    );
    const { changes, answers, open } = conclude(this.#replica, attempt);
    this.#apply(changes);
    answer(answers);
    // The store has no such room, and this node has a copy of it.
    if (attempt.result.status === 'absent') void this.copyValidity.recover();
    return open;
  }

  /**
   * The one place where changes of the copy take effect on this node: stream, grants, audience, deadlines, directory. A
   * list is applied in the step in which the copy changed. Commits follow a replacement, never the other way round.
   */
  #apply(changes: readonly RoomChange[]): void {
    if (changes.length === 0) return;
    for (const change of changes) if (change.kind === 'replaced') this.#onReplaced(change);
    const commits = changes.filter((change) => change.kind === 'committed');
    for (const { record } of commits) this.copyValidity.onCommit(record);
    this.audience.onCommits(commits);
    const { closed } = this.current.state;
    if (closed) void this.audience.removeAll(closed.by).then(() => this.#options.watcher.onChange(this));
    this.#alarm.schedule();
    this.#options.watcher.onChange(this);
    // The commits between the copies are not known: one of them may have removed a member who is still here.
    if (changes.some(({ kind }) => kind === 'replaced')) this.onPossibleGap();
  }

  #onReplaced(change: CopyReplaced): void {
    const { before, after } = change;
    this.messageFeed.invalidate();
    this.audience.onReplaced(change);
    if (before.epoch !== after.epoch) {
      this.#membershipCheck.resetForNewEpoch();
      this.#deadlines.resetForNewEpoch();
      this.#options.watcher.onNewEpoch(this);
    } else if (!after.state.closed) {
      this.audience.sendSnapshots(this.members.all());
    }
  }

  #onCount(count: number): void {
    this.#deadlines.onCount(count);
    if (!this.#isClosed) this.#alarm.schedule();
  }
}

const answer = (answers: readonly Answer[]): void => {
  for (const { job, outcome } of answers) job.resolve(outcome);
};

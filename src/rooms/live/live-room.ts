// A room that this node holds: its copy, its feed, its turns, its talk, its alarm. Ties them together; judges and says nothing.
import type { Actor } from '../../domain/actor.ts';
import type { OwnCommand, StageCommand } from '../../domain/stage-command.ts';
import type { RoomListener, RoomNews, Unsubscribe } from '../../feed/room-feed.ts';
import { Batcher } from '../../ops/batcher.ts';
import type { CancelTimer } from '../../ops/clock.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { CommandKey, CommitRecord, StoredRoom } from '../../store/room-store.ts';
import { RoomAudience } from '../audience/room-audience.ts';
import type { SnapshotContext } from '../audience/snapshot-builder.ts';
import { MessageFeed } from '../chat/message-feed.ts';
import { MessageWriter } from '../chat/message-writer.ts';
import type { LocalMember } from '../contract/local-members.ts';
import { type Outcome, retryLater } from '../contract/outcome.ts';
import type { Revalidate, RoomDeps } from '../contract/room-deps.ts';
import { CopyValidity } from '../recovery/copy-validity.ts';
import { loadRecovered } from '../recovery/recovery.ts';
import type { StoreContact } from '../recovery/store-contact.ts';
import { CatchUp } from '../turns/catch-up.ts';
import { type ReplicaObserver, RoomReplica } from '../turns/room-replica.ts';
import { runTurn, turnLimits } from '../turns/turn.ts';
import type { TurnJob } from '../turns/turn-job.ts';
import { DeadlineAlarm } from './deadline-alarm.ts';
import { Deadlines } from './deadlines.ts';
import { MembershipCheck } from './membership-check.ts';

/** How soon a room is read again that could not be read when it should have been; thousands are not to ask in step. */
const RESYNC_RETRY_MIN_MS = 500;
const RESYNC_RETRY_MAX_MS = 1_000;

const system: Actor = { kind: 'system' };

interface Opening {
  readonly deps: RoomDeps;
  /** Called after every change, so that the directory and the registry can follow. */
  readonly onChange: (room: LiveRoom) => void;
  /** These members are connected here, and the store does not know them any more: they are to enter again. */
  readonly onLost: (room: LiveRoom, members: readonly LocalMember[]) => void;
  /** The room goes on under a new epoch. */
  readonly onNewEpoch: (room: LiveRoom) => void;
  /** The room is being settled: the store has another history than it had (SYNC-4). */
  readonly onRecoveryStarted: () => void;
  readonly contact: StoreContact;
}

export class LiveRoom implements RoomListener, ReplicaObserver {
  readonly roomId: RoomId;
  readonly audience: RoomAudience;
  /** What is heard here, and what is said here. */
  readonly messageFeed: MessageFeed;
  readonly messageWriter: MessageWriter;
  readonly #opening: Opening;
  readonly #replica: RoomReplica;
  readonly #turns: Batcher<TurnJob>;
  readonly #alarm: DeadlineAlarm;
  readonly copyValidity: CopyValidity;
  readonly #membershipCheck: MembershipCheck;
  readonly #deadlines: Deadlines;
  #unsubscribe: Unsubscribe | null = null;
  readonly #catchUp: CatchUp;
  #cancelRetry: CancelTimer = () => undefined;
  #isClosed = false;

  private constructor(first: StoredRoom, opening: Opening) {
    const { deps } = opening;
    this.roomId = first.state.roomId;
    this.#opening = opening;
    this.#replica = new RoomReplica(first, this);
    const turnDeps = { ...deps, recover: () => this.copyValidity.recover() };
    this.#turns = new Batcher((jobs) => runTurn(this.#replica, jobs, turnDeps), turnLimits);
    this.audience = new RoomAudience({
      roomId: this.roomId,
      room: deps,
      current: () => this.current,
      onCount: (count) => this.#onCount(count),
      onAllGone: () => this.#opening.onChange(this),
      talk: () => this.messageFeed,
      revalidate: this.revalidate,
    });
    const messages = { roomId: this.roomId, store: deps.messages };
    const { members, outbox } = this.audience;
    this.messageFeed = new MessageFeed({ ...messages, members, outbox });
    this.messageWriter = new MessageWriter({
      ...deps,
      ...messages,
      state: () => this.current.state,
      catchUp: () => this.catchUp(),
      settle: () => this.copyValidity.recover(),
    });
    this.copyValidity = new CopyValidity(deps, {
      roomId: this.roomId,
      contact: opening.contact,
      current: () => this.current,
      localMembers: () => this.audience.members.size,
      named: () => this.audience.knownMembers,
      chat: () => this.messageFeed.kept(),
      onUnsettled: opening.onRecoveryStarted,
      onSettled: (settled) => this.#replica.replaceIfNewer(settled),
      onEnded: (ended) => this.#replica.replace(ended),
    });
    const { contact } = opening;
    const copy = { roomId: this.roomId, store: deps.store, replica: this.#replica };
    this.#catchUp = new CatchUp({ ...copy, contact, history: this.copyValidity });
    this.#membershipCheck = new MembershipCheck({
      roomId: this.roomId,
      node: deps.node,
      presence: deps.presence,
      audience: this.audience,
      current: () => this.current,
      onLost: (members) => opening.onLost(this, members),
    });
    this.#deadlines = new Deadlines({
      store: deps.store,
      current: () => this.current,
      executeOwn: (command) => this.executeOwn(command),
      recount: () => this.audience.recount(),
    });
    this.#alarm = new DeadlineAlarm({
      clock: deps.clock,
      storeNow: () => deps.store.now(),
      nextDeadline: () => this.#deadlines.deadline,
      sweep: () => this.#deadlines.sweep(),
    });
  }

  /**
   * Null when there is no such room. The feed is heard before this resolves; what was committed while it was not shows
   * by the position that a join or a commit brings, and is read then (D4).
   */
  static async open(roomId: RoomId, opening: Opening): Promise<LiveRoom | null> {
    const { feed } = opening.deps;
    const loaded = await loadRecovered(roomId, opening.deps);
    if (!loaded) return null;
    const room = new LiveRoom(loaded.room, opening);
    room.#unsubscribe = await feed.subscribe(roomId, room);
    try {
      await room.audience.ready();
    } catch (error) {
      await room.close();
      throw error;
    }
    room.copyValidity.read();
    room.#alarm.schedule();
    if (loaded.isNewEpoch) opening.onNewEpoch(room);
    return room;
  }

  /** What a snapshot shows besides the stage; rejects when the store does not answer. */
  async snapshotContext(): Promise<SnapshotContext> {
    await this.ready();
    while (!this.isReady) await this.ready();
    return { audience: this.audience.sample(), recentMessages: this.messageFeed.recent() };
  }

  /** Whether it is known here who is in the room and what was said lately; the feed keeps both true. */
  get isReady(): boolean {
    return this.messageFeed.isReady && this.audience.isReady;
  }

  /** Reads of it what is not known well enough; rejects when the store does not answer. Ask isReady in the step that relies on it. */
  async ready(): Promise<void> {
    await Promise.all([this.messageFeed.ready(), this.audience.ready()]);
  }

  /** Whether this node has let go of it. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get current(): StoredRoom {
    return this.#replica.current;
  }

  /** Nobody here needs the room and nothing is due in it; a turn may still be on its way. */
  get isIdle(): boolean {
    return this.audience.members.size === 0 && this.#deadlines.deadline === null;
  }

  #onCount(count: number): void {
    this.#deadlines.onCount(count);
    if (!this.#isClosed) this.#alarm.schedule();
  }

  /** Finishes the turns that wait, then lets go of the feed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
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

  /** Puts a command into the next turn. Never rejects. */
  execute(command: StageCommand, actor: Actor, key: CommandKey | null = null): Promise<Outcome> {
    return new Promise((resolve) => {
      const isTaken = this.#turns.add({ command, actor, key, resolve });
      if (!isTaken) resolve({ ok: false, rejection: retryLater('OVERLOADED') });
    });
  }

  /** The same for Maiwei's own commands, which a full queue does not keep out: there is at most one of a kind for each membership. */
  executeOwn(command: OwnCommand, actor: Actor = system): Promise<Outcome> {
    return new Promise((resolve) => this.#turns.addAlways({ command, actor, key: null, resolve }));
  }

  /** Fills the gap between this copy and the store. Rejects when the store does not answer. */
  catchUp(): Promise<void> {
    return this.#catchUp.run();
  }

  /** Makes sure that this copy is at least there; another epoch counts as not there. */
  catchUpTo(position: Pick<StoredRoom, 'epoch' | 'version'>): Promise<void> {
    return this.#catchUp.catchUpTo(position);
  }

  /** The state after a validating read, or null when the member's session here is over. One function for all members. */
  readonly revalidate: Revalidate = async (member) => {
    const { userId, fence } = member.record;
    const find = () => this.#opening.deps.presence.find(this.roomId, [userId]);
    // Of a store that has lost data the one tells nothing without the other, which throws then.
    const [found] = await Promise.all([find(), this.catchUp()]);
    if (found.get(userId)?.fence !== fence) return null;
    // What was caught up with may have put him out.
    return this.audience.members.get(userId) === member ? this.current.state : null;
  };

  onNews(news: RoomNews): void {
    if (news.kind === 'commit') {
      if (this.#replica.hasApplied(news)) return;
      if (['gap', 'foreign'].includes(this.#replica.receive(news.record))) this.onPossibleGap();
      return;
    }
    if (news.kind === 'audience') {
      this.audience.onAudienceNews(news);
      this.#opening.onChange(this);
    } else if (news.kind === 'settled') this.onPossibleGap();
    // Newer nodes may tell of things this one does not know: talk passes over them.
    else this.messageFeed.onNews(news);
  }

  /** Commits that were missed are read; sessions that ended or were replaced unheard are told so (PRES-4). */
  onPossibleGap(): void {
    const { clock, logger, random } = this.#opening.deps;
    this.#cancelRetry();
    this.audience.invalidate();
    this.copyValidity.read();
    Promise.all([this.#catchUp.refetch().then(() => this.#membershipCheck.run()), this.messageFeed.catchUp()]).catch(
      (error: unknown) => {
        logger.warn({ error, roomId: this.roomId }, 'a room could not be read again yet');
        this.#cancelRetry();
        const delayMs = random.integer(RESYNC_RETRY_MIN_MS, RESYNC_RETRY_MAX_MS);
        if (!this.#isClosed) this.#cancelRetry = clock.after(delayMs, () => this.onPossibleGap());
      },
    );
  }

  committed(before: StoredRoom, after: StoredRoom, record: CommitRecord): void {
    this.copyValidity.onCommit(record);
    this.audience.onCommit({ before, after, record });
    this.#alarm.schedule();
    this.#opening.onChange(this);
  }

  together(receive: () => void): void {
    this.audience.atomically(receive);
  }

  replaced(before: StoredRoom, after: StoredRoom): void {
    const isNewEpoch = before.epoch !== after.epoch;
    this.messageFeed.invalidate();
    this.audience.resetForNewCopy({ before, after });
    if (isNewEpoch) {
      this.#membershipCheck.resetForNewEpoch();
      this.#deadlines.resetForNewEpoch();
      this.#opening.onNewEpoch(this);
    } else if (!after.state.closed) {
      this.audience.sendSnapshots(this.audience.members.all());
    }
    this.#alarm.schedule();
    this.#opening.onChange(this);
    // What lies between is not known: somebody may have been put out meanwhile.
    this.onPossibleGap();
  }
}

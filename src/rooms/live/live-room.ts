// A room that this node holds: its copy, its feed, its turns, its talk, its alarm. Ties them together; judges and says nothing.
import type { Actor } from '../../domain/actor.ts';
import type { OwnCommand, StageCommand } from '../../domain/stage-command.ts';
import type { RoomListener, RoomNews, Unsubscribe } from '../../feed/room-feed.ts';
import type { CancelTimer } from '../../ops/clock.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { CommandKey, CommitRecord, StoredRoom } from '../../store/room-store.ts';
import { RoomAudience } from '../audience/room-audience.ts';
import type { AroundStage } from '../audience/snapshot-builder.ts';
import { Talk } from '../chat/message-feed.ts';
import { Speech } from '../chat/message-writer.ts';
import type { LocalMember } from '../contract/local-members.ts';
import { notNow, type Outcome } from '../contract/outcome.ts';
import type { Revalidate, RoomParts } from '../contract/room-deps.ts';
import { RoomHistory } from '../recovery/copy-validity.ts';
import { loadSettled } from '../recovery/recovery.ts';
import type { StoreContact } from '../recovery/store-contact.ts';
import { CatchingUp } from '../turns/catch-up.ts';
import { type ReplicaObserver, RoomReplica } from '../turns/room-replica.ts';
import { runTurn } from '../turns/turn.ts';
import type { Job } from '../turns/turn-job.ts';
import { TurnQueue } from '../turns/turn-queue.ts';
import { Sweeper } from './deadline-alarm.ts';
import { Overdue } from './deadlines.ts';
import { Recheck } from './membership-check.ts';

/** How soon a room is read again that could not be read when it should have been; thousands are not to ask in step. */
const DOUBT_RETRY_MIN_MS = 500;
const DOUBT_RETRY_MAX_MS = 1_000;

const system: Actor = { kind: 'system' };

interface Opening {
  readonly parts: RoomParts;
  /** Called after every change, so that the directory and the registry can follow. */
  readonly onChange: (room: HeldRoom) => void;
  /** These members are connected here, and the store does not know them any more: they are to enter again. */
  readonly onLost: (room: HeldRoom, members: readonly LocalMember[]) => void;
  /** The room goes on under a new epoch. */
  readonly onAnew: (room: HeldRoom) => void;
  /** The room is being settled: the store has another history than it had (SYNC-4). */
  readonly onUnsettled: () => void;
  readonly contact: StoreContact;
}

export class HeldRoom implements RoomListener, ReplicaObserver {
  readonly roomId: RoomId;
  readonly audience: RoomAudience;
  /** What is heard here, and what is said here. */
  readonly talk: Talk;
  readonly speech: Speech;
  readonly #opening: Opening;
  readonly #replica: RoomReplica;
  readonly #turns: TurnQueue<Job>;
  readonly #sweeper: Sweeper;
  readonly history: RoomHistory;
  readonly #members: Recheck;
  readonly #overdue: Overdue;
  #unsubscribe: Unsubscribe | null = null;
  readonly #catchingUp: CatchingUp;
  #cancelRetry: CancelTimer = () => undefined;
  #isClosed = false;

  private constructor(first: StoredRoom, opening: Opening) {
    const { parts } = opening;
    this.roomId = first.state.roomId;
    this.#opening = opening;
    this.#replica = new RoomReplica(first, this);
    const turnParts = { ...parts, settle: () => this.history.settle() };
    this.#turns = new TurnQueue((jobs) => runTurn(this.#replica, jobs, turnParts));
    this.audience = new RoomAudience({
      roomId: this.roomId,
      parts,
      current: () => this.current,
      onCount: (count) => this.#counted(count),
      onAllGone: () => this.#opening.onChange(this),
      talk: () => this.talk,
      revalidate: this.revalidate,
    });
    const messages = { roomId: this.roomId, store: parts.messages };
    const { members, outbox } = this.audience;
    this.talk = new Talk({ ...messages, members, outbox });
    this.speech = new Speech({
      ...parts,
      ...messages,
      state: () => this.current.state,
      catchUp: () => this.catchUp(),
      settle: () => this.history.settle(),
    });
    this.history = new RoomHistory(parts, {
      roomId: this.roomId,
      contact: opening.contact,
      current: () => this.current,
      localMembers: () => this.audience.members.size,
      named: () => this.audience.named,
      chat: () => this.talk.kept(),
      onUnsettled: opening.onUnsettled,
      onSettled: (settled) => this.#replica.adopt(settled),
      onEnded: (ended) => this.#replica.follow(ended),
    });
    const { contact } = opening;
    const copy = { roomId: this.roomId, store: parts.store, replica: this.#replica };
    this.#catchingUp = new CatchingUp({ ...copy, contact, history: this.history });
    this.#members = new Recheck({
      roomId: this.roomId,
      node: parts.node,
      presence: parts.presence,
      audience: this.audience,
      current: () => this.current,
      onLost: (members) => opening.onLost(this, members),
    });
    this.#overdue = new Overdue({
      store: parts.store,
      current: () => this.current,
      executeOwn: (command) => this.executeOwn(command),
      recount: () => this.audience.recount(),
    });
    this.#sweeper = new Sweeper({
      clock: parts.clock,
      storeNow: () => parts.store.now(),
      nextDeadline: () => this.#overdue.deadline,
      sweep: () => this.#overdue.sweep(),
    });
  }

  /**
   * Null when there is no such room. The feed is heard before this resolves; what was committed while it was not shows
   * by the position that a join or a commit brings, and is read then (D4).
   */
  static async open(roomId: RoomId, opening: Opening): Promise<HeldRoom | null> {
    const { fanout } = opening.parts;
    const loaded = await loadSettled(roomId, opening.parts);
    if (!loaded) return null;
    const room = new HeldRoom(loaded.room, opening);
    room.#unsubscribe = await fanout.subscribe(roomId, room);
    try {
      await room.audience.ready();
    } catch (error) {
      await room.close();
      throw error;
    }
    room.history.read();
    room.#sweeper.schedule();
    if (loaded.isAnew) opening.onAnew(room);
    return room;
  }

  /** What a snapshot shows besides the stage; rejects when the store does not answer. */
  async around(): Promise<AroundStage> {
    await this.ready();
    while (!this.isReady) await this.ready();
    return { audience: this.audience.sample(), recentMessages: this.talk.recent() };
  }

  /** Whether it is known here who is in the room and what was said lately; the feed keeps both true. */
  get isReady(): boolean {
    return this.talk.isReady && this.audience.isReady;
  }

  /** Reads of it what is not known well enough; rejects when the store does not answer. Ask isReady in the step that relies on it. */
  async ready(): Promise<void> {
    await Promise.all([this.talk.ready(), this.audience.ready()]);
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
    return this.audience.members.size === 0 && this.#overdue.deadline === null;
  }

  #counted(count: number): void {
    this.#overdue.counted(count);
    if (!this.#isClosed) this.#sweeper.schedule();
  }

  /** Finishes the turns that wait, then lets go of the feed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    this.history.close();
    this.#sweeper.stop();
    await this.settled();
    this.audience.close();
    await this.#unsubscribe?.();
  }

  /** Resolves when no turn and no message waits or runs. */
  async settled(): Promise<void> {
    await Promise.all([this.#turns.settled(), this.speech.settled()]);
  }

  /** Puts a command into the next turn. Never rejects. */
  execute(command: StageCommand, actor: Actor, key: CommandKey | null = null): Promise<Outcome> {
    return new Promise((settle) => {
      const isTaken = this.#turns.add({ command, actor, key, settle });
      if (!isTaken) settle({ ok: false, rejection: notNow('OVERLOADED') });
    });
  }

  /** The same for Maiwei's own commands, which a full queue does not keep out: there is at most one of a kind for each membership. */
  executeOwn(command: OwnCommand, actor: Actor = system): Promise<Outcome> {
    return new Promise((settle) => this.#turns.addAlways({ command, actor, key: null, settle }));
  }

  /** Fills the gap between this copy and the store. Rejects when the store does not answer. */
  catchUp(): Promise<void> {
    return this.#catchingUp.run();
  }

  /** Makes sure that this copy is at least there; another epoch counts as not there. */
  reach(position: Pick<StoredRoom, 'epoch' | 'version'>): Promise<void> {
    return this.#catchingUp.reach(position);
  }

  /** The state after a validating read, or null when the member's session here is over. One function for all members. */
  readonly revalidate: Revalidate = async (member) => {
    const { userId, fence } = member.record;
    const find = () => this.#opening.parts.presence.find(this.roomId, [userId]);
    // Of a store that has lost data the one tells nothing without the other, which throws then.
    const [found] = await Promise.all([find(), this.catchUp()]);
    if (found.get(userId)?.fence !== fence) return null;
    // What was caught up with may have put him out.
    return this.audience.members.get(userId) === member ? this.current.state : null;
  };

  news(news: RoomNews): void {
    if (news.kind === 'commit') {
      if (this.#replica.knows(news)) return;
      if (['gap', 'foreign'].includes(this.#replica.receive(news.record))) this.doubt();
      return;
    }
    if (news.kind === 'audience') {
      this.audience.hearAudience(news);
      this.#opening.onChange(this);
    } else if (news.kind === 'settled') this.doubt();
    // Newer nodes may tell of things this one does not know: talk passes over them.
    else this.talk.hear(news);
  }

  /** Commits that were missed are read; sessions that ended or were replaced unheard are told so (PRES-4). */
  doubt(): void {
    const { clock, logger, random } = this.#opening.parts;
    this.#cancelRetry();
    this.audience.doubt();
    this.history.read();
    Promise.all([this.#catchingUp.runAnew().then(() => this.#members.run()), this.talk.catchUp()]).catch(
      (error: unknown) => {
        logger.warn({ error, roomId: this.roomId }, 'a room could not be read again yet');
        this.#cancelRetry();
        const delayMs = random.integer(DOUBT_RETRY_MIN_MS, DOUBT_RETRY_MAX_MS);
        if (!this.#isClosed) this.#cancelRetry = clock.after(delayMs, () => this.doubt());
      },
    );
  }

  committed(before: StoredRoom, after: StoredRoom, record: CommitRecord): void {
    this.history.hear(record);
    this.audience.hearCommit({ before, after, record });
    this.#sweeper.schedule();
    this.#opening.onChange(this);
  }

  together(receive: () => void): void {
    this.audience.hearTogether(receive);
  }

  replaced(before: StoredRoom, after: StoredRoom): void {
    const isNewEpoch = before.epoch !== after.epoch;
    this.talk.forget();
    this.audience.startAnew({ before, after });
    if (isNewEpoch) {
      this.#members.beginAnew();
      this.#overdue.beginAnew();
      this.#opening.onAnew(this);
    } else if (!after.state.closed) {
      this.audience.show(this.audience.members.all());
    }
    this.#sweeper.schedule();
    this.#opening.onChange(this);
    // What lies between is not known: somebody may have been put out meanwhile.
    this.doubt();
  }
}

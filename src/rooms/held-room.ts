// A room that this node holds: its copy, its feed, its turns, its talk, its alarm. Ties them together; judges and says nothing.
import type { Actor } from '../domain/actor.ts';
import { nextDeadline } from '../domain/room.ts';
import type { OwnCommand, StageCommand } from '../domain/stage-command.ts';
import type { RoomListener, RoomNews, Unsubscribe } from '../fanout/fanout.ts';
import type { RoomId, UserId } from '../protocol/ids.ts';
import type { CommandKey, CommitRecord, StoredRoom } from '../store/room-store.ts';
import type { Revalidate } from './grants.ts';
import type { Job } from './job.ts';
import type { LocalMember } from './local-members.ts';
import { notNow, type Outcome } from './outcome.ts';
import { RoomAudience } from './room-audience.ts';
import type { RoomParts } from './room-parts.ts';
import { type ReplicaObserver, RoomReplica } from './room-replica.ts';
import type { AroundStage } from './shown.ts';
import { Speech } from './speech.ts';
import { Sweeper } from './sweeper.ts';
import { Talk } from './talk.ts';
import { runTurn } from './turn.ts';
import { TurnQueue } from './turn-queue.ts';
import { Vacancy } from './vacancy.ts';

/** How soon a room is read again that could not be read when it should have been. */
const DOUBT_RETRY_MS = 1_000;
/** Members who are looked up in one command: a hundred thousand would hold up the store, and then this node. */
const RECHECKED_AT_ONCE = 500;

const system: Actor = { kind: 'system' };

interface Opening {
  readonly parts: RoomParts;
  /** Called after every change, so that the directory and the registry can follow. */
  readonly onChange: (room: HeldRoom) => void;
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
  readonly #vacancy = new Vacancy();
  #unsubscribe: Unsubscribe | null = null;
  #catchingUp: Promise<void> | null = null;
  #isClosed = false;

  private constructor(first: StoredRoom, opening: Opening) {
    const { parts } = opening;
    this.roomId = first.state.roomId;
    this.#opening = opening;
    this.#replica = new RoomReplica(first, this);
    this.#turns = new TurnQueue((jobs) => runTurn(this.#replica, jobs, parts));
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
    });
    this.#sweeper = new Sweeper({
      clock: parts.clock,
      storeNow: () => parts.store.now(),
      nextDeadline: () => this.#nextDeadline(),
      sweep: () => this.#sweep(),
    });
  }

  /**
   * Null when there is no such room. The feed is heard before this resolves; what was committed while it was not shows
   * by the position that a join or a commit brings, and is read then (D4).
   */
  static async open(roomId: RoomId, opening: Opening): Promise<HeldRoom | null> {
    const { store, fanout } = opening.parts;
    const first = await store.load(roomId);
    if (!first) return null;
    const room = new HeldRoom(first, opening);
    room.#unsubscribe = await fanout.subscribe(roomId, room);
    try {
      await room.audience.ready();
    } catch (error) {
      await room.close();
      throw error;
    }
    room.#sweeper.schedule();
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

  get current(): StoredRoom {
    return this.#replica.current;
  }

  /** Nobody here needs the room and nothing is due in it; a turn may still be on its way. */
  get isIdle(): boolean {
    if (this.audience.members.size > 0) return false;
    return this.#nextDeadline() === null;
  }

  #nextDeadline(): number | null {
    const { state } = this.current;
    if (state.closed) return null;
    const deadlines = [nextDeadline(state), this.#vacancy.deadline(state.settings.emptyMs)];
    const due = deadlines.filter((deadline) => deadline !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  #counted(count: number): void {
    this.#vacancy.counted(count, this.#opening.parts.store.now());
    if (!this.#isClosed) this.#sweeper.schedule();
  }

  /** Finishes the turns that wait, then lets go of the feed. */
  async close(): Promise<void> {
    this.#isClosed = true;
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

  /** Fills the gap between this copy and the store; concurrent callers share one read. */
  catchUp(): Promise<void> {
    this.#catchingUp ??= this.#readSince().finally(() => {
      this.#catchingUp = null;
    });
    return this.#catchingUp;
  }

  /** Makes sure that this copy is at least there; another epoch counts as not there. */
  async reach(position: { readonly epoch: string; readonly version: number }): Promise<void> {
    const isThere = () => this.current.epoch === position.epoch && this.current.version >= position.version;
    if (!isThere()) await this.catchUp();
    // The read that was shared may have begun before the position was reached.
    if (!isThere()) await this.catchUp();
  }

  async #readSince(): Promise<void> {
    const read = await this.#opening.parts.store.since(this.roomId, this.current);
    if (read.status === 'room') this.#replica.adopt(read.room);
    if (read.status !== 'records') return;
    const isForeign = read.records.some((record) => this.#replica.receive(record) === 'foreign');
    const whole = isForeign ? await this.#opening.parts.store.load(this.roomId) : null;
    if (whole) this.#replica.adopt(whole);
  }

  /** The state after a validating read, or null when the member's session here is over. One function for all members. */
  readonly revalidate: Revalidate = async (member) => {
    const { userId, fence } = member.record;
    const found = await this.#opening.parts.presence.find(this.roomId, [userId]);
    if (found.get(userId)?.fence !== fence) return null;
    await this.catchUp();
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
      return;
    }
    // Newer nodes may tell of things this one does not know: talk passes over them.
    this.talk.hear(news);
  }

  doubt(): void {
    const { clock, logger } = this.#opening.parts;
    this.audience.doubt();
    Promise.all([this.#recheck(), this.talk.catchUp()]).catch((error: unknown) => {
      logger.warn({ error, roomId: this.roomId }, 'a room could not be read again yet');
      if (!this.#isClosed) clock.after(DOUBT_RETRY_MS, () => this.doubt());
    });
  }

  /** Commits that were missed are read; sessions that ended or were replaced unheard are told so (PRES-4). */
  async #recheck(): Promise<void> {
    await this.catchUp();
    const known = this.audience.members.all();
    for (let from = 0; from < known.length && !this.current.state.closed; from += RECHECKED_AT_ONCE) {
      await this.#recheckSome(known.slice(from, from + RECHECKED_AT_ONCE));
    }
  }

  async #recheckSome(known: readonly LocalMember[]): Promise<void> {
    const userIds = known.map(({ record }) => record.userId);
    const found = await this.#opening.parts.presence.find(this.roomId, userIds);
    // Nobody is a member of a closed room: all of them are being told that, and nothing else.
    if (this.current.state.closed) return;
    for (const member of known) {
      const { userId, fence } = member.record;
      if (this.audience.members.get(userId) !== member || found.get(userId)?.fence === fence) continue;
      this.audience.dismiss(member, { reason: found.has(userId) ? 'replaced' : 'disconnected' });
    }
    // The number of members is read again, too.
    await this.audience.ready();
  }

  committed(before: StoredRoom, after: StoredRoom, record: CommitRecord): void {
    this.audience.hearCommit({ before, after, record });
    this.#sweeper.schedule();
    this.#opening.onChange(this);
  }

  replaced(before: StoredRoom, after: StoredRoom): void {
    this.talk.forget();
    this.audience.startAnew({ before, after });
    this.#sweeper.schedule();
    this.#opening.onChange(this);
    // What lies between is not known: somebody may have been put out meanwhile.
    this.doubt();
  }

  /** The store refuses when somebody came in unheard; then he is counted now. */
  async #expireIfEmpty(): Promise<void> {
    const deadline = this.#vacancy.deadline(this.current.state.settings.emptyMs);
    if (deadline === null || deadline > this.#opening.parts.store.now()) return;
    const outcome = await this.executeOwn({ name: 'room:expire', payload: {} });
    if (!outcome.ok) await this.audience.recount().catch(() => undefined);
  }

  async #sweep(): Promise<boolean> {
    await this.#expireIfEmpty();
    const outcome = await this.executeOwn({ name: 'room:sweep', payload: {} });
    if (outcome.ok) return true;
    // Who came back just when his grace ended is still marked away: his return is said before the next sweep.
    for (const [userId, fence] of outcome.overtakenBy ?? []) {
      if (fence === null) continue;
      await this.executeOwn({ name: 'member:return', payload: { userId: userId as UserId, fence } });
    }
    return false;
  }
}

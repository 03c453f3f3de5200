// A real socket.io-client that follows chapter 2 of SPEC.md. It joins in the `connect` handler with its position, folds
// by SYNC-1, and closes gaps by room:sync. It repeats retryable commands under one id, obeys `session:closing`, and
// records what it sends and receives.
import type { Socket } from 'socket.io-client';
import { monotonicMs, pauseMs } from '../../bench/monotonic.ts';
import { isStaff } from '../../src/domain/room.ts';
import type { MemberKind } from '../../src/domain/view.ts';
import type { Update } from '../../src/protocol/room-events.ts';
import type { RoomSnapshot } from '../../src/protocol/snapshot.ts';
import { ClientView } from '../support/client-view.ts';
import type { ClusterNode } from './cluster.ts';
import type { Directory } from './directory.ts';
import type { Recorder } from './history.ts';
import { socketOf, switchTo } from './own-socket.ts';
import { type Answer, type AudienceNews, type ChatNews, codeOf, type Gap, type Packet, reasonOf } from './received.ts';

const ACK_DEADLINE_MS = 8_000;
const RETRY_DEFAULT_MS = 500;

export interface ClientOptions {
  readonly userId: string;
  readonly roomId: string;
  readonly directory: Directory;
  readonly recorder: Recorder;
  /** The node to connect to first. */
  readonly home: ClusterNode;
}

export class FaultClient {
  readonly userId: string;
  readonly roomId: string;
  readonly gaps: Gap[] = [];
  /**
   * How long each single call took to be answered, milliseconds. Infinity: no answer, although the connection was up.
   */
  readonly answerTimes: { readonly at: number; readonly ms: number; readonly code: string }[] = [];
  /** Why connections were refused. */
  readonly refusals: string[] = [];
  node: ClusterNode;
  view: ClientView | null = null;
  isInside = false;
  #outsideSince: number | null = null;
  #buffered: Packet[] | null = null;
  #isClosed = false;
  #closingAfterMs: number | null = null;
  #ops = 0;
  #creation: Readonly<Record<string, unknown>> | null = null;
  readonly #options: ClientOptions;
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();
  #resolveEntered = () => {};

  constructor(options: ClientOptions) {
    this.#options = options;
    this.userId = options.userId;
    this.roomId = options.roomId;
    this.node = options.home;
    this.#socket = socketOf(options.userId, this.node.server.url);
    this.#listen();
  }

  get #who() {
    return { client: this.userId, userId: this.userId };
  }

  /** Connects and resolves when inside. With `creation`, this client creates the room. */
  async enter(creation?: Readonly<Record<string, unknown>>): Promise<this> {
    const inside = new Promise<void>((resolve) => {
      this.#resolveEntered = resolve;
    });
    this.#creation = creation ?? null;
    this.#socket.connect();
    await inside;
    return this;
  }

  /** Leaves the network forever, like a phone that is switched off. */
  vanish(): void {
    this.#isClosed = true;
    this.#socket.io.reconnection(false);
    this.#socket.io.engine?.close();
    this.#toOutside();
  }

  /** Cuts the connection; the client comes back by itself. */
  breakOff(): void {
    this.#socket.io.engine?.close();
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.disconnect();
    for (const wake of this.#waiting) wake();
  }

  /** Whether the client was closed: it will not come back. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get seat(): number | null {
    return this.view?.view.seats.find(({ occupant }) => occupant?.userId === this.userId)?.seat ?? null;
  }

  /**
   * Calls a command until it succeeds, is refused finally, or `deadlineMs` have passed; always under one commandId.
   * Resolves with the last answer, or null without one.
   */
  async wish(name: string, payload: Readonly<Record<string, unknown>>, deadlineMs = 30_000): Promise<Answer | null> {
    const op = `${this.userId}-${++this.#ops}`;
    const until = monotonicMs() + deadlineMs;
    let answer: Answer | null = null;
    while (monotonicMs() < until && !this.#isClosed) {
      if (!this.isInside) {
        await this.#inside(until);
        if (!this.isInside) break;
      }
      answer = await this.#call(op, { name, payload });
      if (answer?.ok) return answer;
      // Without an answer, or out of the room for the moment: once inside again, the same id gets the outcome.
      if (answer && !answer.error.retryable && answer.error.code !== 'NOT_A_MEMBER') return answer;
      if (answer) await pauseMs(answer.error.retryAfterMs ?? RETRY_DEFAULT_MS);
    }
    return answer;
  }

  async #call(op: string, { name, payload }: { name: string; payload: Readonly<Record<string, unknown>> }) {
    const { roomId } = this;
    const { recorder } = this.#options;
    const from = recorder.note({ kind: 'call', ...this.#who, op, roomId, name, payload });
    const answer = await this.#ask(name, { roomId, commandId: op, ...payload });
    const at = recorder.note({ kind: 'answer', ...this.#who, op, answer });
    const isCut = answer === null && !this.#socket.connected;
    if (!isCut) this.answerTimes.push({ at: from, ms: answer ? at - from : Infinity, code: codeOf(answer) });
    return answer;
  }

  #ask(name: string, payload: object): Promise<Answer | null> {
    return new Promise((resolve) => {
      this.#socket.timeout(ACK_DEADLINE_MS).emit(name, payload, (timeout: unknown, answer: Answer) => {
        resolve(timeout ? null : answer);
      });
    });
  }

  #inside(until: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, until - monotonicMs()));
      this.#waiting.add(done);
    });
  }

  #listen(): void {
    const socket = this.#socket;
    const { recorder } = this.#options;
    socket.on('connect', () => {
      if (this.view) this.#enterRoom();
      else this.#createRoom();
    });
    socket.on('connect_error', (error) => this.refusals.push(reasonOf(error)));
    socket.on('disconnect', () => this.#onDisconnect());
    socket.io.on('reconnect_attempt', () => this.#switchNode());
    socket.on('session:closing', ({ reconnect, afterMs }: { reconnect: string; afterMs?: number }) => {
      if (reconnect !== 'after') return;
      this.#closingAfterMs = afterMs ?? 0;
      socket.io.reconnection(false);
    });
    socket.on('room:events', (packet: Packet & { roomId: string }) => this.#receive(packet));
    socket.on('room:snapshot', ({ room }: { room: RoomSnapshot }) => this.#applySnapshot(room));
    socket.on('room:left', () => {
      this.#toOutside();
      // Only an absence longer than the grace ends like this here, because no moderator acts. A user would enter again.
      this.#enterRoom();
    });
    socket.on('room:audience', ({ roomId, joined = [], left = [] }: AudienceNews) => {
      const names = (list: readonly { userId: string }[]) => list.map(({ userId }) => userId);
      recorder.note({ kind: 'audience', ...this.#who, roomId, joined: names(joined), left: names(left) });
    });
    socket.on('room:messages', ({ roomId, messages }: { roomId: string; messages: readonly ChatNews[] }) => {
      for (const { messageId, body } of messages) {
        if (body?.text !== undefined)
          recorder.note({ kind: 'message', ...this.#who, roomId, messageId, text: body.text });
      }
    });
  }

  /** Chooses the next ready node, as a load balancer would. */
  #switchNode(): void {
    this.node = this.#options.directory.pick();
    switchTo(this.#socket, this.node.server.url);
  }

  #onDisconnect(): void {
    this.#buffered = null;
    this.#toOutside();
    if (this.#isClosed || this.#closingAfterMs === null) return;
    const afterMs = this.#closingAfterMs;
    this.#closingAfterMs = null;
    setTimeout(() => {
      this.#socket.io.reconnection(true);
      if (this.#isClosed) return;
      this.#switchNode();
      this.#socket.connect();
    }, afterMs);
  }

  /** Creates the room once if this client is to do so; else enters it. */
  #createRoom(): void {
    const { userId, roomId } = this;
    const creation = { roomId, commandId: `${userId}-creates`, ...this.#creation };
    if (this.#creation) this.#fetch('room:create', creation);
    else this.#enterRoom();
  }

  #enterRoom(): void {
    const { view, roomId } = this;
    this.#fetch('room:join', view ? { roomId, resume: { epoch: view.epoch, version: view.version } } : { roomId });
  }

  #fetch(name: string, payload: object): void {
    const buffered: Packet[] = [];
    this.#buffered = buffered;
    this.#socket.timeout(ACK_DEADLINE_MS).emit(name, payload, (timeout: unknown, answer: Answer) => {
      if (this.#buffered !== buffered || !this.#socket.connected) return;
      this.#buffered = null;
      if (timeout || !answer.ok) return this.#failed(name, { answer: timeout ? null : answer });
      const { room, updates, epoch, version } = answer.data as {
        room?: RoomSnapshot;
        updates?: readonly Update[];
        epoch: string;
        version: number;
      };
      if (room) this.#applySnapshot(room);
      else if (updates && this.view) {
        this.#applyUpdates({ epoch, updates });
        this.view.version = Math.max(this.view.version, version);
      }
      this.#toInside();
      for (const packet of buffered) this.#receive(packet);
    });
  }

  #failed(name: string, { answer }: { answer: Answer | null }): void {
    const error = answer && !answer.ok ? answer.error : null;
    // A room that is missing for the moment (after a loss of data) is tried again as well: the harness measures until
    // when.
    setTimeout(() => {
      if (!this.#socket.connected || this.#isClosed) return;
      if (name === 'room:sync' && error?.code !== 'NOT_A_MEMBER' && this.view) this.#sync();
      else if (name === 'room:create' && error?.code !== 'ROOM_EXISTS') this.#createRoom();
      else this.#enterRoom();
    }, error?.retryAfterMs ?? RETRY_DEFAULT_MS);
  }

  #sync(): void {
    const { roomId, view } = this;
    if (view) this.#fetch('room:sync', { roomId, epoch: view.epoch, version: view.version });
  }

  #receive(packet: Packet): void {
    if (this.#buffered) this.#buffered.push(packet);
    else this.#applyUpdates(packet);
  }

  #applyUpdates({ epoch, updates }: Packet): void {
    const { view } = this;
    if (!view) return;
    const news = updates.filter((update) => epoch !== view.epoch || update.version > view.version);
    const gapAt = news.findIndex((update, index) => update.after > (news[index - 1]?.version ?? view.version));
    const known = epoch !== view.epoch ? [] : gapAt < 0 ? news : news.slice(0, gapAt);
    if (known.length > 0) {
      const as: MemberKind = isStaff(view.view, this.userId) ? 'staff' : 'public';
      this.#options.recorder.note({ kind: 'updates', ...this.#who, roomId: this.roomId, epoch, as, updates: known });
      for (const update of known) view.take(update);
    }
    if (known.length < news.length) this.#sync();
  }

  #applySnapshot(room: RoomSnapshot): void {
    if (room.roomId !== this.roomId) return;
    this.view = new ClientView(room);
    this.#options.recorder.note({ kind: 'snapshot', ...this.#who, room });
  }

  #toInside(): void {
    if (this.isInside) return;
    this.isInside = true;
    const at = this.#options.recorder.note({ kind: 'inside', ...this.#who, roomId: this.roomId });
    if (this.#outsideSince !== null) this.gaps.push({ from: this.#outsideSince, until: at });
    this.#outsideSince = null;
    this.#resolveEntered();
    for (const wake of [...this.#waiting]) wake();
  }

  #toOutside(): void {
    if (!this.isInside) return;
    this.isInside = false;
    this.#outsideSince = this.#options.recorder.note({ kind: 'outside', ...this.#who, roomId: this.roomId });
  }
}

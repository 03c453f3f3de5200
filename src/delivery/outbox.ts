// The outbox of a room on this node. It gathers the room's broadcasts and writes them once to each connection, in
// order, none twice and none left out (DECISIONS, D5).
//
// The six stages of an outgoing message:
//
//     Broadcast ──▶ AtomicGroup ──▶ PendingBatch ──▶ EncodedBatch ──▶ Packet ──▶ Frame
//     one thing     what must       what is          the batch for    one        packets on
//     the room      arrive          written          one sort of      Socket.IO  a WebSocket,
//     sends         together        together         recipient        event      maybe deflated
//
// The states:
//
//     idle ──enqueue──▶ waiting (a flush is planned)
//     idle, waiting ──flush──▶ writing
//     writing ──time slice over──▶ resting ──next turn──▶ writing
//     writing ──a write throws──▶ interrupted ──flush──▶ writing
//     writing ──all written──▶ idle, waiting, or writing again when a flush came meanwhile
import type { Clock } from '../ops/clock.ts';
import { Rate } from '../ops/rate.ts';
import { TimeSlice } from '../ops/time-slice.ts';
import type { Broadcast, Stream } from './broadcast.ts';
import type { Connection, Connections } from './connections.ts';
import { flushWindow } from './flush-window.ts';
import { PendingBatch } from './pending-batch.ts';
import { type PrivateSend, Recipient } from './recipient.ts';
import { BACKLOG_MAX_BYTES, backlogLevelOf, SlowConsumers } from './slow-consumers.ts';

/** How many recipients are written to between two looks at the clock. */
const CLOCK_CHECK_EVERY = 64;

/** Short enough that a room which grows lively gets a longer window at once. */
const RATE_MEMORY_MS = 200;

interface OutboxDeps {
  readonly roomId: string;
  readonly clock: Clock;
  readonly connections: Pick<Connections, 'onWritten'>;
  /** Something was left out for this slow consumer, and now it has read all that was sent: it needs a snapshot. */
  readonly onRecovered: (recipient: Recipient) => void;
}

/** What follows when nothing is being written. */
type Plan =
  /** No flush is planned. */
  | { readonly is: 'idle' }
  /** Broadcasts wait for a planned flush. It does nothing when another flush came first. */
  | { readonly is: 'waiting' };

/** A batch is on its way. Broadcasts that are made meanwhile wait. */
interface Delivery {
  is: 'writing' | 'resting' | 'interrupted';
  readonly batch: PendingBatch;
  /** The state after it. `flushDue`: a flush came meanwhile, and what waits goes next. */
  after: Plan | { readonly is: 'flushDue' };
  /** The recipients, once they had to be copied because the delivery takes more than a time slice. */
  recipients: readonly Recipient[] | null;
  /** The index of the recipient that is next. */
  next: number;
}

/** Broadcasts that reach each client together or not at all, and the private sends that go behind them. */
interface AtomicGroup {
  /** A flush was asked for while the group was open. It takes place at the group's end. */
  isFlushDue: boolean;
  readonly privateSends: Map<Recipient, PrivateSend[]>;
}

const IDLE: Plan = { is: 'idle' };
const FLUSH_DUE = { is: 'flushDue' } as const;

export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #recipients: Recipient[] = [];
  /** What waits for the next flush. */
  #pending: PendingBatch;
  readonly #rate = new Rate(RATE_MEMORY_MS);
  readonly #slowConsumers: SlowConsumers;
  #state: Plan | Delivery = IDLE;
  /** When the last delivery began, monotonic. */
  #flushedAt = Number.NEGATIVE_INFINITY;
  /** The open atomic group. */
  #group: AtomicGroup | null = null;
  #isClosed = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#pending = new PendingBatch(deps.roomId, 0);
    this.#slowConsumers = new SlowConsumers(deps.clock, deps.onRecovered);
  }

  /** From now on this connection gets the room's broadcasts. It needs none of those that were made before. */
  add(connection: Connection, stream: Stream): Recipient {
    const start = { stream, lastSeq: this.#pending.end, index: this.#recipients.length };
    const recipient = new Recipient(this, connection, start);
    this.#recipients.push(recipient);
    return recipient;
  }

  /** Sends these to everybody, together with what else comes until the flush window ends. */
  enqueue(broadcasts: readonly Broadcast[]): void {
    if (this.#isClosed || broadcasts.length === 0) return;
    const now = this.#deps.clock.monotonic();
    for (const broadcast of broadcasts) this.#append(broadcast);
    this.#rate.add(broadcasts.length, now);
    const { windowMs, maxBroadcasts, maxBytes } = flushWindow(this.#recipients.length, this.#rate.at(now));
    if (this.#pending.count >= maxBroadcasts || this.#pending.bytes >= maxBytes) this.#requestFlush();
    else this.#planFlush(this.#flushedAt + windowMs - now);
  }

  /** Sends it at once, behind what waits. */
  broadcastNow(broadcast: Broadcast): void {
    if (this.#isClosed) return;
    // What was enqueued before the group is no part of it.
    if (this.#group && !this.#group.isFlushDue) this.flush();
    this.#append(broadcast);
    this.#rate.add(1, this.#deps.clock.monotonic());
    this.#requestFlush();
  }

  /** Broadcasts made by `act` reach each client together or not at all; its private sends go behind them. */
  atomically(act: () => void): void {
    if (this.#group) {
      act();
      return;
    }
    const group: AtomicGroup = { isFlushDue: false, privateSends: new Map() };
    this.#group = group;
    try {
      act();
    } finally {
      this.#group = null;
      if (group.isFlushDue) this.flush();
      for (const [recipient, sends] of group.privateSends) this.#sendBehind(recipient, sends);
    }
  }

  /** See Recipient, as for the next two methods. */
  send(recipient: Recipient, send: PrivateSend): void {
    const earlier = this.#group?.privateSends.get(recipient);
    if (earlier) earlier.push(send);
    else if (this.#group) this.#group.privateSends.set(recipient, [send]);
    else this.#sendBehind(recipient, [send]);
  }

  switchStream(recipient: Recipient): void {
    const delivery = this.#delivery;
    if (delivery) this.#write(delivery.batch, recipient);
    // The rest would be half of an open atomic group. This recipient gets a snapshot, which has it all.
    if (this.#group?.isFlushDue) recipient.lastSeq = this.#pending.end;
    else this.#write(this.#pending, recipient);
  }

  leave(recipient: Recipient): void {
    this.#sendBehind(recipient, this.#group?.privateSends.get(recipient) ?? []);
    this.#group?.privateSends.delete(recipient);
    const { index } = recipient;
    if (index < 0) return;
    recipient.index = -1;
    this.#slowConsumers.forget(recipient);
    const last = this.#recipients.pop();
    if (!last || last === recipient) return;
    last.index = index;
    this.#recipients[index] = last;
  }

  /** Writes what waits: now, or as soon as the delivery in progress is done. */
  flush(): void {
    // A write that failed has left other recipients without their batch. They come first.
    if (this.#state.is === 'interrupted') this.#deliver(this.#state);
    const delivery = this.#delivery;
    if (delivery) delivery.after = FLUSH_DUE;
    else this.#deliver(this.#begin());
  }

  /** Writes what waits. Broadcasts that come later are dropped. */
  close(): void {
    this.flush();
    this.#isClosed = true;
    this.#slowConsumers.close();
  }

  get #delivery(): Delivery | null {
    return 'batch' in this.#state ? this.#state : null;
  }

  /** The state, but that after the delivery while one is in progress. */
  get #next(): Delivery['after'] | Delivery {
    return this.#delivery?.after ?? this.#state;
  }

  #requestFlush(): void {
    if (this.#group) this.#group.isFlushDue = true;
    else this.flush();
  }

  /** Plans a flush unless one is planned: after `waitMs`, or with all that this turn of the event loop brings. */
  #planFlush(waitMs: number): void {
    if (this.#next.is !== 'idle') return;
    const plan: Plan = { is: 'waiting' };
    if (this.#delivery) this.#delivery.after = plan;
    else this.#state = plan;
    const flush = () => {
      if (this.#next === plan) this.flush();
    };
    if (waitMs > 0) this.#deps.clock.after(waitMs, flush);
    else this.#deps.clock.soon(flush);
  }

  #append(broadcast: Broadcast): void {
    // Some recipients got what waits early. Nobody else will get it like that.
    if (this.#pending.isEncoded) this.#account(this.#pending);
    this.#pending.add(broadcast);
  }

  /** What waits becomes the delivery. Null, and idle, when nothing waits. */
  #begin(): Delivery | null {
    const batch = this.#pending;
    if (batch.count === 0) {
      this.#state = IDLE;
      return null;
    }
    this.#pending = new PendingBatch(this.#deps.roomId, batch.end);
    this.#flushedAt = this.#deps.clock.monotonic();
    const delivery: Delivery = { is: 'writing', batch, after: IDLE, recipients: null, next: 0 };
    this.#state = delivery;
    return delivery;
  }

  /** Writes until all is written or the time slice is over: the rest follows in a later turn of the event loop. */
  #deliver(first: Delivery | null): void {
    const slice = new TimeSlice(this.#deps.clock);
    try {
      for (let delivery = first; delivery; delivery = this.#finish(delivery)) {
        delivery.is = 'writing';
        if (this.#writeAll(delivery, slice)) continue;
        delivery.is = 'resting';
        this.#deps.clock.soon(() => this.#deliver(delivery));
        return;
      }
    } finally {
      if (this.#state.is === 'writing') this.#state.is = 'interrupted';
    }
  }

  /** All recipients have the batch. Returns the next delivery when a flush came meanwhile. */
  #finish({ batch, after }: Delivery): Delivery | null {
    if (after.is !== 'flushDue') this.#state = after;
    const next = after.is === 'flushDue' ? this.#begin() : null;
    this.#account(batch);
    return next;
  }

  #account(batch: PendingBatch): void {
    for (const encoded of batch.takeEncodings()) this.#deps.connections.onWritten(encoded);
  }

  /** False when the time slice is over and recipients are left. */
  #writeAll(delivery: Delivery, slice: TimeSlice): boolean {
    const { batch } = delivery;
    const recipients = delivery.recipients ?? this.#recipients;
    while (delivery.next < recipients.length) {
      const recipient = recipients[delivery.next] as Recipient;
      // Counted before the write: if the write fails, the recipients behind it still get theirs.
      delivery.next++;
      this.#write(batch, recipient);
      // When it left just now, the last recipient took its place and must be written to as well.
      if (recipient.index < 0 && !delivery.recipients) delivery.next--;
      const isTimeToLook = delivery.next % CLOCK_CHECK_EVERY === 0;
      if (isTimeToLook && slice.isSpent && delivery.next < recipients.length) {
        // The list changes during the rest. Recipients that come do not need this batch; leavers are passed over.
        delivery.recipients ??= [...recipients];
        return false;
      }
    }
    return true;
  }

  #write(batch: PendingBatch, recipient: Recipient): void {
    if (recipient.lastSeq >= batch.end || recipient.index < 0 || recipient.isOverflowed) return;
    const { connection, lastSeq, stream } = recipient;
    const { backlogBytes } = connection;
    recipient.lastSeq = batch.end;
    if (backlogBytes > BACKLOG_MAX_BYTES) {
      recipient.overflow();
      return;
    }
    const level = backlogLevelOf(backlogBytes);
    const encoded = batch.encodedFor(lastSeq, stream, level);
    if (encoded) connection.write(encoded);
    // Equal encodings are one object: if they differ, something was left out.
    if (level !== 'all' && encoded !== batch.encodedFor(lastSeq, stream, 'all'))
      this.#slowConsumers.onSkipped(recipient);
  }

  #sendBehind(recipient: Recipient, sends: readonly PrivateSend[]): void {
    this.#catchUp(recipient);
    for (const send of sends) send();
  }

  /** Gives this recipient all broadcasts so far, before the others get them: what follows must stay in order. */
  #catchUp(recipient: Recipient): void {
    if (recipient.lastSeq >= this.#pending.end) return;
    const delivery = this.#delivery;
    if (delivery) this.#write(delivery.batch, recipient);
    this.#write(this.#pending, recipient);
  }
}

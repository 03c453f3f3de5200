// A room's outbox on this node: gathers what the room says, writes it once to each connection, in order, nothing twice and
// nothing left out (DECISIONS, D5). Must not know what is said, nor who may hear it.
import type { Clock } from '../ops/clock.ts';
import { AtomicGroup, type PrivateSend } from './atomic-group.ts';
import { type Broadcast, type Stream, sizeOf } from './broadcast.ts';
import type { Connection, Connections } from './connections.ts';
import { flushWindow, Rate } from './flush-window.ts';
import { PendingBatch } from './pending-batch.ts';
import { Recipient } from './recipient.ts';
import { BACKLOG_MAX_BYTES, backlogLevelOf, SlowConsumers } from './slow-consumers.ts';

/** So long one room may write at a stretch: then the loop has its turn, so that others are not kept waiting. */
const SLICE_MS = 5;
/** How many are written to between two looks at the clock. */
const CLOCK_CHECK_EVERY = 64;

/** A room that grows lively is met at once. */
const RATE_MEMORY_MS = 200;

/** What an announcement weighs besides its own text, about. */
const ENVELOPE_BYTES = 64;

interface OutboxDeps {
  readonly roomId: string;
  readonly clock: Clock;
  readonly connections: Pick<Connections, 'onWritten'>;
  /** Something was left out for it, and now it has read all that it was sent: it should be shown all anew. */
  readonly onRecovered: (recipient: Recipient) => void;
}

/** A batch on its way; `rest`: those it has still to reach when it takes more than a stretch. */
interface Delivery {
  readonly batch: PendingBatch;
  rest: readonly Recipient[] | null;
  next: number;
  /** The next stretch is coming by itself. */
  isResting: boolean;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #recipients: Recipient[] = [];
  #waiting: Broadcast[] = [];
  #waitingBytes = 0;
  /** How many announcements the room has made here. */
  #seq = 0;
  readonly #rate = new Rate(RATE_MEMORY_MS);
  #flushedAt = Number.NEGATIVE_INFINITY;
  #due: (() => void) | null = null;
  /** What is being written right now; meanwhile everything waits, and goes as one when it is done. */
  #delivery: Delivery | null = null;
  #isDelivering = false;
  /** What waits was to be written while something else still was. */
  #isFlushDue = false;
  /** While what is said belongs together. */
  #group: AtomicGroup | null = null;
  /** What waits, as a batch for those who must have it earlier than others. */
  #earlyBatch: PendingBatch | null = null;
  readonly #slowConsumers: SlowConsumers<Recipient>;
  #isClosed = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#slowConsumers = new SlowConsumers(deps.clock, {
      onRecovered: deps.onRecovered,
      onOverflow: (recipient) => recipient.overflow(),
    });
  }

  /** From now on this connection hears what the room says; what was said before it knows already. */
  add(line: Connection, hearing: Stream): Recipient {
    const recipient = new Recipient(this, line, { hearing, heard: this.#seq, index: this.#recipients.length });
    this.#recipients.push(recipient);
    return recipient;
  }

  /** Says it to everybody, together with what comes until the window ends. */
  enqueue(announcements: readonly Broadcast[]): void {
    if (this.#isClosed || announcements.length === 0) return;
    const now = this.#deps.clock.monotonic();
    for (const one of announcements) this.#append(one);
    this.#rate.add(announcements.length, now);
    const { windowMs, broadcasts: most, bytes } = flushWindow(this.#recipients.length, this.#rate.at(now));
    const isFull = this.#waiting.length >= most || this.#waitingBytes >= bytes;
    if (isFull) this.#flushNow();
    if (isFull || this.#due) return;
    const waitMs = this.#flushedAt + windowMs - now;
    if (waitMs > 0) this.#due = this.#deps.clock.after(waitMs, () => this.flush());
    else this.#flushSoon();
  }

  /** Says it at once, behind what waits. */
  broadcastNow(announcement: Broadcast): void {
    if (this.#isClosed) return;
    // What was said before a bundle is no part of it.
    if (this.#group && !this.#group.isDue) this.flush();
    this.#append(announcement);
    this.#rate.add(1, this.#deps.clock.monotonic());
    this.#flushNow();
  }

  /** What `act` says goes out as one, and what it says to one alone behind it: nobody hears the half of it. */
  atomically(act: () => void): void {
    if (this.#group) {
      act();
      return;
    }
    const bundle = new AtomicGroup();
    this.#group = bundle;
    try {
      act();
    } finally {
      this.#group = null;
      if (bundle.isDue) this.flush();
      for (const [recipient, words] of bundle.privateSends) this.#sendBehind(recipient, words);
    }
  }

  #flushNow(): void {
    if (this.#group) this.#group.isDue = true;
    else this.flush();
  }

  /** See Recipient.tell. */
  send(recipient: Recipient, say: PrivateSend): void {
    if (this.#group) this.#group.add(recipient, say);
    else this.#sendBehind(recipient, [say]);
  }

  /** See Recipient.turnTo. */
  switchStream(recipient: Recipient): void {
    if (!this.#group?.isDue) {
      this.catchUp(recipient);
      return;
    }
    // In the middle of a bundle it would be left with the half of it. Whoever turns is owed a snapshot, which has it all.
    if (this.#delivery) this.#give(this.#delivery.batch, recipient);
    recipient.lastSeq = this.#seq;
  }

  /** See Recipient.leave. */
  leave(recipient: Recipient): void {
    this.#sendBehind(recipient, this.#group?.take(recipient) ?? []);
    this.#remove(recipient);
  }

  #remove(recipient: Recipient): void {
    const { index } = recipient;
    if (index < 0) return;
    recipient.index = -1;
    this.#slowConsumers.forget(recipient);
    const last = this.#recipients.pop();
    if (!last || last === recipient) return;
    last.index = index;
    this.#recipients[index] = last;
  }

  #sendBehind(recipient: Recipient, words: readonly PrivateSend[]): void {
    this.catchUp(recipient);
    for (const say of words) say();
  }

  /** Writes what waits, unless something is being written still: then it goes next. */
  flush(): void {
    this.#due?.();
    this.#due = null;
    // A write that failed has left the rest of its batch over.
    if (this.#delivery && !this.#delivery.isResting) this.#deliver();
    this.#isFlushDue = this.#delivery !== null;
    if (this.#delivery) return;
    this.#begin();
    this.#deliver();
  }

  /** Writes what waits, then says nothing more. */
  close(): void {
    this.flush();
    this.#isClosed = true;
    this.#slowConsumers.close();
  }

  #append(one: Broadcast): void {
    // What some have had of it so far is accounted for before it changes.
    if (this.#earlyBatch) this.#account(this.#earlyBatch);
    this.#earlyBatch = null;
    this.#waiting.push(one);
    this.#seq++;
    this.#waitingBytes += ENVELOPE_BYTES + sizeOf(one);
  }

  /** With whatever else this turn of the event loop brings from the feed. */
  #flushSoon(): void {
    let isCancelled = false;
    this.#due = () => {
      isCancelled = true;
    };
    this.#deps.clock.soon(() => {
      if (!isCancelled) this.flush();
    });
  }

  /** What waits becomes what is being written. */
  #begin(): void {
    if (this.#waiting.length === 0) return;
    const batch = this.#earlyBatch ?? this.#batchOfWaiting();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#earlyBatch = null;
    this.#flushedAt = this.#deps.clock.monotonic();
    this.#delivery = { batch, rest: null, next: 0, isResting: false };
  }

  #batchOfWaiting(): PendingBatch {
    return new PendingBatch(this.#deps.roomId, this.#waiting, this.#seq - this.#waiting.length);
  }

  #deliver(): void {
    // A write that leads to words is none of their business: they wait like all others.
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      this.#deliverSlice();
    } finally {
      this.#isDelivering = false;
    }
  }

  #deliverSlice(): void {
    const stretchEnd = this.#deps.clock.monotonic() + SLICE_MS;
    for (let delivery = this.#delivery; delivery; delivery = this.#delivery) {
      if (!this.#deliverUntil(delivery, stretchEnd)) {
        delivery.isResting = true;
        this.#deps.clock.soon(() => {
          delivery.isResting = false;
          this.#deliver();
        });
        return;
      }
      this.#delivery = null;
      this.#account(delivery.batch);
      // What was said meanwhile waits for the end of its own window, unless that has come.
      if (this.#isFlushDue) this.#begin();
      this.#isFlushDue = false;
    }
  }

  #account({ encodings }: PendingBatch): void {
    for (const parcel of encodings) this.#deps.connections.onWritten(parcel);
  }

  /** False when the stretch is over and somebody is still to be written to. */
  #deliverUntil(delivery: Delivery, stretchEnd: number): boolean {
    const { batch } = delivery;
    const recipients = delivery.rest ?? this.#recipients;
    while (delivery.next < recipients.length) {
      const recipient = recipients[delivery.next] as Recipient;
      // Counted before it is written to: should that ever fail, the others have theirs.
      delivery.next++;
      this.#give(batch, recipient);
      // Whoever was put into the place of one who went just now has his turn, too.
      if (recipient.index < 0 && !delivery.rest) delivery.next--;
      const isTimeToLook = delivery.next % CLOCK_CHECK_EVERY === 0;
      if (isTimeToLook && this.#deps.clock.monotonic() >= stretchEnd && delivery.next < recipients.length) {
        // The list changes while others have their turn; who comes has heard of it, who goes is passed over.
        delivery.rest ??= [...recipients];
        return false;
      }
    }
    return true;
  }

  #give(batch: PendingBatch, recipient: Recipient): void {
    if (recipient.lastSeq >= batch.end || recipient.index < 0 || recipient.isOverflowed) return;
    const { connection, lastSeq, stream } = recipient;
    const { backlogBytes } = connection;
    recipient.lastSeq = batch.end;
    if (backlogBytes > BACKLOG_MAX_BYTES) {
      recipient.overflow();
      return;
    }
    const load = backlogLevelOf(backlogBytes);
    const parcel = batch.encodedFor(lastSeq, stream, load);
    if (parcel) connection.write(parcel);
    // Equal parcels are one and the same: then nothing was left out.
    if (load !== 'all' && parcel !== batch.encodedFor(lastSeq, stream, 'all')) this.#slowConsumers.onSkipped(recipient);
  }

  /** Whatever was said before goes to this one now, so that what follows is in order. */
  catchUp(recipient: Recipient): void {
    if (recipient.lastSeq >= this.#seq) return;
    if (this.#delivery) this.#give(this.#delivery.batch, recipient);
    if (this.#waiting.length === 0) return;
    this.#earlyBatch ??= this.#batchOfWaiting();
    this.#give(this.#earlyBatch, recipient);
  }
}

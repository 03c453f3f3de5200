// A room's outbox on this node: gathers what the room says, writes it once to each connection, in order, nothing twice and
// nothing left out (DECISIONS, D5). Must not know what is said, nor who may hear it.
import type { Clock } from '../ops/clock.ts';
import { Bundle, type Word } from './atomic-group.ts';
import { type Announcement, type Hearing, weightOf } from './broadcast.ts';
import type { Line, Outbound } from './connections.ts';
import { allowance, Rate } from './flush-window.ts';
import { Batch } from './pending-batch.ts';
import { Recipient } from './recipient.ts';
import { BACKLOG_MAX_BYTES, Behind, loadOf } from './slow-consumers.ts';

/** So long one room may write at a stretch: then the loop has its turn, so that others are not kept waiting. */
const STRETCH_MS = 5;
/** How many are written to between two looks at the clock. */
const STRIDE = 64;

/** A room that grows lively is met at once. */
const RATE_MEMORY_MS = 200;

/** What an announcement weighs besides its own text, about. */
const ENVELOPE_BYTES = 64;

interface Surroundings {
  readonly roomId: string;
  readonly clock: Clock;
  readonly outbound: Pick<Outbound, 'written'>;
  /** Something was left out for it, and now it has read all that it was sent: it should be shown all anew. */
  readonly onRecovered: (recipient: Recipient) => void;
}

/** A batch on its way; `rest`: those it has still to reach when it takes more than a stretch. */
interface Delivery {
  readonly batch: Batch;
  rest: readonly Recipient[] | null;
  next: number;
  /** The next stretch is coming by itself. */
  isResting: boolean;
}

export class Outbox {
  readonly #around: Surroundings;
  readonly #recipients: Recipient[] = [];
  #waiting: Announcement[] = [];
  #waitingBytes = 0;
  /** How many announcements the room has made here. */
  #said = 0;
  readonly #rate = new Rate(RATE_MEMORY_MS);
  #flushedAt = Number.NEGATIVE_INFINITY;
  #due: (() => void) | null = null;
  /** What is being written right now; meanwhile everything waits, and goes as one when it is done. */
  #delivery: Delivery | null = null;
  #isDelivering = false;
  /** What waits was to be written while something else still was. */
  #isFlushDue = false;
  /** While what is said belongs together. */
  #bundle: Bundle | null = null;
  /** What waits, as a batch for those who must have it earlier than others. */
  #ahead: Batch | null = null;
  readonly #behind: Behind<Recipient>;
  #isClosed = false;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#behind = new Behind(around.clock, {
      onRecovered: around.onRecovered,
      onHopeless: (recipient) => recipient.giveUp(),
    });
  }

  /** From now on this connection hears what the room says; what was said before it knows already. */
  add(line: Line, hearing: Hearing): Recipient {
    const recipient = new Recipient(this, line, { hearing, heard: this.#said, index: this.#recipients.length });
    this.#recipients.push(recipient);
    return recipient;
  }

  /** Says it to everybody, together with what comes until the window ends. */
  say(announcements: readonly Announcement[]): void {
    if (this.#isClosed || announcements.length === 0) return;
    const now = this.#around.clock.monotonic();
    for (const one of announcements) this.#take(one);
    this.#rate.add(announcements.length, now);
    const { windowMs, announcements: most, bytes } = allowance(this.#recipients.length, this.#rate.at(now));
    const isFull = this.#waiting.length >= most || this.#waitingBytes >= bytes;
    if (isFull) this.#flushNow();
    if (isFull || this.#due) return;
    const waitMs = this.#flushedAt + windowMs - now;
    if (waitMs > 0) this.#due = this.#around.clock.after(waitMs, () => this.flush());
    else this.#flushSoon();
  }

  /** Says it at once, behind what waits. */
  sayNow(announcement: Announcement): void {
    if (this.#isClosed) return;
    // What was said before a bundle is no part of it.
    if (this.#bundle && !this.#bundle.isDue) this.flush();
    this.#take(announcement);
    this.#rate.add(1, this.#around.clock.monotonic());
    this.#flushNow();
  }

  /** What `act` says goes out as one, and what it says to one alone behind it: nobody hears the half of it. */
  together(act: () => void): void {
    if (this.#bundle) {
      act();
      return;
    }
    const bundle = new Bundle();
    this.#bundle = bundle;
    try {
      act();
    } finally {
      this.#bundle = null;
      if (bundle.isDue) this.flush();
      for (const [recipient, words] of bundle.ownWords) this.#hear(recipient, words);
    }
  }

  #flushNow(): void {
    if (this.#bundle) this.#bundle.isDue = true;
    else this.flush();
  }

  /** See Recipient.tell. */
  tell(recipient: Recipient, say: Word): void {
    if (this.#bundle) this.#bundle.keep(recipient, say);
    else this.#hear(recipient, [say]);
  }

  /** See Recipient.turnTo. */
  turn(recipient: Recipient): void {
    if (!this.#bundle?.isDue) {
      this.catchUp(recipient);
      return;
    }
    // In the middle of a bundle it would be left with the half of it. Whoever turns is owed a snapshot, which has it all.
    if (this.#delivery) this.#give(this.#delivery.batch, recipient);
    recipient.heard = this.#said;
  }

  /** See Recipient.leave. */
  leave(recipient: Recipient): void {
    this.#hear(recipient, this.#bundle?.take(recipient) ?? []);
    this.#remove(recipient);
  }

  #remove(recipient: Recipient): void {
    const { index } = recipient;
    if (index < 0) return;
    recipient.index = -1;
    this.#behind.forget(recipient);
    const last = this.#recipients.pop();
    if (!last || last === recipient) return;
    last.index = index;
    this.#recipients[index] = last;
  }

  #hear(recipient: Recipient, words: readonly Word[]): void {
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
    this.#behind.close();
  }

  #take(one: Announcement): void {
    // What some have had of it so far is accounted for before it changes.
    if (this.#ahead) this.#account(this.#ahead);
    this.#ahead = null;
    this.#waiting.push(one);
    this.#said++;
    this.#waitingBytes += ENVELOPE_BYTES + weightOf(one);
  }

  /** With whatever else this turn of the event loop brings from the feed. */
  #flushSoon(): void {
    let isCancelled = false;
    this.#due = () => {
      isCancelled = true;
    };
    this.#around.clock.soon(() => {
      if (!isCancelled) this.flush();
    });
  }

  /** What waits becomes what is being written. */
  #begin(): void {
    if (this.#waiting.length === 0) return;
    const batch = this.#ahead ?? this.#batchOfWaiting();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#ahead = null;
    this.#flushedAt = this.#around.clock.monotonic();
    this.#delivery = { batch, rest: null, next: 0, isResting: false };
  }

  #batchOfWaiting(): Batch {
    return new Batch(this.#around.roomId, this.#waiting, this.#said - this.#waiting.length);
  }

  #deliver(): void {
    // A write that leads to words is none of their business: they wait like all others.
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      this.#deliverStretch();
    } finally {
      this.#isDelivering = false;
    }
  }

  #deliverStretch(): void {
    const stretchEnd = this.#around.clock.monotonic() + STRETCH_MS;
    for (let delivery = this.#delivery; delivery; delivery = this.#delivery) {
      if (!this.#deliverUntil(delivery, stretchEnd)) {
        delivery.isResting = true;
        this.#around.clock.soon(() => {
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

  #account({ parcels }: Batch): void {
    for (const parcel of parcels) this.#around.outbound.written(parcel);
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
      const isTimeToLook = delivery.next % STRIDE === 0;
      if (isTimeToLook && this.#around.clock.monotonic() >= stretchEnd && delivery.next < recipients.length) {
        // The list changes while others have their turn; who comes has heard of it, who goes is passed over.
        delivery.rest ??= [...recipients];
        return false;
      }
    }
    return true;
  }

  #give(batch: Batch, recipient: Recipient): void {
    if (recipient.heard >= batch.end || recipient.index < 0 || recipient.isGivenUp) return;
    const { line, heard, hearing } = recipient;
    const { backlogBytes } = line;
    recipient.heard = batch.end;
    if (backlogBytes > BACKLOG_MAX_BYTES) {
      recipient.giveUp();
      return;
    }
    const load = loadOf(backlogBytes);
    const parcel = batch.parcelFor(heard, hearing, load);
    if (parcel) line.write(parcel);
    // Equal parcels are one and the same: then nothing was left out.
    if (load !== 'all' && parcel !== batch.parcelFor(heard, hearing, 'all')) this.#behind.leftOut(recipient);
  }

  /** Whatever was said before goes to this one now, so that what follows is in order. */
  catchUp(recipient: Recipient): void {
    if (recipient.heard >= this.#said) return;
    if (this.#delivery) this.#give(this.#delivery.batch, recipient);
    if (this.#waiting.length === 0) return;
    this.#ahead ??= this.#batchOfWaiting();
    this.#give(this.#ahead, recipient);
  }
}

// A room's outbox on this node: gathers what the room says, writes it once to each connection, in order, nothing twice and
// nothing left out (ARCHITECTURE of the path: DECISIONS, D5). Must not know what is said, nor who may hear it.
import type { Clock } from '../ops/clock.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { Announcement, Hearing, Load } from './announcement.ts';
import { Batch } from './batch.ts';
import type { Line, Outbound } from './outbound.ts';
import { allowance, Rate } from './pace.ts';

/** So long one room may write at a stretch: then the loop has its turn, so that others are not kept waiting. */
const STRETCH_MS = 5;
/** How many are written to between two looks at the clock. */
const STRIDE = 64;

/** Who is so many bytes behind hears no reactions, then nothing but the stage, and at last nothing more at all (MSG-2). */
export const BACKLOG_NO_REACTIONS_BYTES = 64 * 1024;
export const BACKLOG_STAGE_ONLY_BYTES = 256 * 1024;
export const BACKLOG_MAX_BYTES = 1024 * 1024;

/** A room that grows lively is met at once. */
const RATE_MEMORY_MS = 200;

/** What an announcement weighs besides its own text, about. */
const ENVELOPE_BYTES = 64;

/** A place in the outbox: one connection, and how much of what the room says it has heard. */
export class Recipient {
  readonly line: Line;
  /** How many announcements it has been written, or was shown otherwise; the outbox's own. */
  heard: number;
  /** Where it is in the outbox's list; −1: no longer there; the outbox's own. */
  index: number;
  /** Something was left out for it because it was behind; the outbox's own. */
  isShort = false;
  /** Too far behind: its end is on the way; the outbox's own. */
  isGivenUp = false;
  readonly #outbox: Outbox;
  #hearing: Hearing;

  constructor(outbox: Outbox, line: Line, place: { hearing: Hearing; heard: number; index: number }) {
    this.#outbox = outbox;
    this.line = line;
    this.#hearing = place.hearing;
    this.heard = place.heard;
    this.index = place.index;
  }

  get hearing(): Hearing {
    return this.#hearing;
  }

  /** From here on it hears this history. */
  turnTo(hearing: Hearing): void {
    this.#outbox.catchUp(this);
    this.#hearing = hearing;
  }

  /** Says something to it alone, in its place behind all that was said before. */
  tell<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    this.#outbox.catchUp(this);
    this.line.send(event, payload);
  }

  /** It hears what was said so far, and nothing more. */
  leave(): void {
    this.#outbox.catchUp(this);
    this.#outbox.remove(this);
  }
}

interface Surroundings {
  readonly roomId: string;
  readonly clock: Clock;
  readonly outbound: Pick<Outbound, 'written'>;
  /** It was behind, something was left out for it, and now it has read all it was sent: it should be shown all anew. */
  readonly onRecovered: (recipient: Recipient) => void;
}

/** A batch on its way; `rest`: those it has still to reach when it takes more than a stretch. */
interface Delivery {
  readonly batch: Batch;
  rest: readonly Recipient[] | null;
  next: number;
}

export class Outbox {
  readonly #around: Surroundings;
  readonly #recipients: Recipient[] = [];
  #waiting: Announcement[] = [];
  #waitingBytes = 0;
  /** What waits, for those who must have it earlier than the others: when many go or are told something, it is made once. */
  #early: Batch | null = null;
  /** How many announcements the room has made here. */
  #said = 0;
  readonly #rate = new Rate(RATE_MEMORY_MS);
  #flushedAt = Number.NEGATIVE_INFINITY;
  #due: (() => void) | null = null;
  /** Batches that are being written, oldest first; only what takes more than a stretch is here for long. */
  readonly #deliveries: Delivery[] = [];
  #isClosed = false;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** From now on this connection hears what the room says; what was said before it knows already. */
  add(line: Line, hearing: Hearing): Recipient {
    const recipient = new Recipient(this, line, { hearing, heard: this.#said, index: this.#recipients.length });
    this.#recipients.push(recipient);
    return recipient;
  }

  /** It hears nothing more, also not of what waits; Recipient.leave() hears that first. */
  remove(recipient: Recipient): void {
    const { index } = recipient;
    if (index < 0) return;
    recipient.index = -1;
    const last = this.#recipients.pop();
    if (!last || last === recipient) return;
    last.index = index;
    this.#recipients[index] = last;
  }

  /** Says it to everybody, together with what comes until the window ends. */
  say(announcements: readonly Announcement[]): void {
    if (this.#isClosed || announcements.length === 0) return;
    const now = this.#around.clock.monotonic();
    for (const one of announcements) this.#take(one);
    this.#rate.add(announcements.length, now);
    const { windowMs, announcements: most, bytes } = allowance(this.#recipients.length, this.#rate.at(now));
    if (this.#waiting.length >= most || this.#waitingBytes >= bytes) {
      this.flush();
      return;
    }
    if (this.#due) return;
    const waitMs = this.#flushedAt + windowMs - now;
    if (waitMs > 0) this.#due = this.#around.clock.after(waitMs, () => this.flush());
    else this.#flushSoon();
  }

  /** Says it at once, behind what waits. */
  sayNow(announcement: Announcement): void {
    if (this.#isClosed) return;
    this.#take(announcement);
    this.#rate.add(1, this.#around.clock.monotonic());
    this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    this.#due?.();
    this.#due = null;
    this.#endEarly();
    if (this.#waiting.length === 0) return;
    const batch = new Batch(this.#around.roomId, this.#waiting, this.#said - this.#waiting.length);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#flushedAt = this.#around.clock.monotonic();
    this.#deliveries.push({ batch, rest: null, next: 0 });
    // Behind a batch that is still being written it has its turn when that is done: first in, first out.
    if (this.#deliveries.length === 1) this.#deliver();
  }

  /** Writes what waits, then says nothing more. */
  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  #take(one: Announcement): void {
    this.#endEarly();
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

  #deliver(): void {
    const stretchEnd = this.#around.clock.monotonic() + STRETCH_MS;
    for (let delivery = this.#deliveries[0]; delivery; delivery = this.#deliveries[0]) {
      if (!this.#deliverUntil(delivery, stretchEnd)) {
        this.#around.clock.soon(() => this.#deliver());
        return;
      }
      this.#deliveries.shift();
      for (const parcel of delivery.batch.parcels) this.#around.outbound.written(parcel);
    }
  }

  /** False when the stretch is over and somebody is still to be written to. */
  #deliverUntil(delivery: Delivery, stretchEnd: number): boolean {
    const { batch } = delivery;
    const recipients = delivery.rest ?? this.#recipients;
    for (let index = delivery.next; index < recipients.length; index++) {
      const recipient = recipients[index] as Recipient;
      this.#give(batch, recipient);
      // Whoever was put into the place of one who went just now has his turn, too.
      if (recipient.index < 0 && !delivery.rest) index--;
      const isTimeToLook = index % STRIDE === STRIDE - 1;
      if (isTimeToLook && this.#around.clock.monotonic() >= stretchEnd && index + 1 < recipients.length) {
        // The list changes while others have their turn; who comes has heard of it, who goes is passed over.
        delivery.rest ??= [...recipients];
        delivery.next = index + 1;
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
      recipient.isGivenUp = true;
      line.giveUp();
      return;
    }
    const load = loadOf(backlogBytes);
    const parcel = batch.parcelFor(heard, hearing, load);
    if (parcel) line.write(parcel);
    if (load === 'all') this.#recover(recipient);
    else recipient.isShort = true;
  }

  #recover(recipient: Recipient): void {
    if (!recipient.isShort) return;
    recipient.isShort = false;
    this.#around.onRecovered(recipient);
  }

  /** Whatever was said before goes to this one now, so that what follows is in order. */
  catchUp(recipient: Recipient): void {
    for (const { batch } of this.#deliveries) this.#give(batch, recipient);
    if (recipient.heard >= this.#said || this.#waiting.length === 0) return;
    this.#early ??= new Batch(this.#around.roomId, this.#waiting, this.#said - this.#waiting.length);
    this.#give(this.#early, recipient);
  }

  /** What waits is going to change: what some have had of it so far is accounted for. */
  #endEarly(): void {
    if (!this.#early) return;
    for (const parcel of this.#early.parcels) this.#around.outbound.written(parcel);
    this.#early = null;
  }
}

function loadOf(backlogBytes: number): Load {
  if (backlogBytes <= BACKLOG_NO_REACTIONS_BYTES) return 'all';
  return backlogBytes <= BACKLOG_STAGE_ONLY_BYTES ? 'noReactions' : 'stageOnly';
}

/** About the size of its text. */
function weightOf(one: Announcement): number {
  switch (one.kind) {
    case 'message':
    case 'deletion':
      return one.json.length;
    case 'update':
      return Math.max(one.shown.public?.length ?? 0, one.shown.staff?.length ?? 0);
    case 'reaction':
      return 0;
    case 'audience':
      return one.joined.reduce((sum, { length }) => sum + length, 0);
  }
}

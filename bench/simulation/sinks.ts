// Members as counted sinks: connections that count what is written to them, each event at each member and in its order.
// So one lost and one doubled event do not cancel out.
import type { Connection } from '../../src/delivery/connections.ts';
import type { EncodedBatch } from '../../src/delivery/encoded-batch.ts';
import { jsonOf } from '../../src/lang/shared-json.ts';
import { findMarks } from '../chat-text.ts';
import { Histogram, type Latency } from '../load/histogram.ts';
import { monotonicMs } from '../monotonic.ts';

/** The measured events of an encoded batch. */
interface Contents {
  readonly chats: readonly { readonly seq: number; readonly sentAtMs: number }[];
  readonly updates: number;
}

export interface Expectation {
  /** The number of the first chat message, and how many there are. */
  readonly from: number;
  readonly chats: number;
  /** Updates of the stage. */
  readonly updates: number;
}

export interface Tally {
  /** Deliveries that arrived as expected. */
  readonly delivered: number;
  /** Events that arrived again, out of order, or unexpectedly. */
  readonly odd: number;
  /** Writes to members: a write may carry many events. */
  readonly writes: number;
  /** From sending a message until all members had it. */
  readonly last: Latency;
}

/** Shared by all sinks: each distinct batch is read once, as its frames are made once. */
export class SinkBook {
  readonly sinks = new Set<Sink>();
  expected: Expectation = { from: 0, chats: 0, updates: 0 };
  writes = 0;
  #last = new Histogram();
  /** By message: how many sinks still lack it. */
  #missing: number[] = [];
  #batch: EncodedBatch | null = null;
  #contents: Contents = { chats: [], updates: 0 };

  /** A new counted connection. */
  open(): Sink {
    const sink = new Sink(this);
    this.sinks.add(sink);
    return sink;
  }

  close(sink: Sink): void {
    this.sinks.delete(sink);
  }

  /** From now on only these events count, at all present sinks. */
  expect(expected: Expectation): void {
    this.expected = expected;
    this.writes = 0;
    this.#last = new Histogram();
    this.#missing = new Array<number>(expected.chats).fill(this.sinks.size);
    for (const sink of this.sinks) sink.expect(expected);
  }

  tally(): Tally {
    let [delivered, odd] = [0, 0];
    for (const sink of this.sinks) {
      delivered += sink.delivered;
      odd += sink.odd;
    }
    return { delivered, odd, writes: this.writes, last: this.#last.latency() };
  }

  contentsOf(batch: EncodedBatch): Contents {
    if (batch === this.#batch) return this.#contents;
    this.#batch = batch;
    // As for the first connection that is written to: the frames are made.
    const { packets, plain } = batch;
    const text = packets.map((packet) => packet.text).join('');
    const updates = packets.reduce((sum, { event, items }) => sum + (event === 'room:events' ? items : 0), 0);
    this.#contents = { chats: plain.length > 0 ? findMarks(text) : [], updates };
    return this.#contents;
  }

  arrived(index: number, sentAtMs: number): void {
    const missing = (this.#missing[index] as number) - 1;
    this.#missing[index] = missing;
    if (missing === 0) this.#last.add(monotonicMs() - sentAtMs);
  }
}

export class Sink implements Connection {
  readonly backlogBytes = 0;
  /** The private sends to it, as the text that would be sent. */
  ownBytes = 0;
  odd = 0;
  readonly #book: SinkBook;
  #next = 0;
  #end = 0;
  #begin = 0;
  #updates = 0;

  constructor(book: SinkBook) {
    this.#book = book;
  }

  expect({ from, chats }: Expectation): void {
    this.#begin = from;
    this.#next = from;
    this.#end = from + chats;
    this.#updates = 0;
    this.odd = 0;
  }

  get delivered(): number {
    return this.#next - this.#begin + this.#updates;
  }

  write(batch: EncodedBatch): void {
    const book = this.#book;
    const { chats, updates } = book.contentsOf(batch);
    book.writes++;
    for (const { seq, sentAtMs } of chats) {
      if (seq === this.#next && seq < this.#end) {
        this.#next++;
        book.arrived(seq - this.#begin, sentAtMs);
      } else this.odd++;
    }
    for (let update = 0; update < updates; update++) {
      if (this.#updates < book.expected.updates) this.#updates++;
      else this.odd++;
    }
  }

  send(event: string, payload: unknown): void {
    this.ownBytes += (jsonOf([event, payload]) ?? '').length;
  }

  overflow(): void {
    throw new Error('nothing ever waits for a sink');
  }
}

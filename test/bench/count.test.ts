// The load client's eyes: frames however they are cut, events by member, and nothing that cancels out.
import { constants, createDeflateRaw, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chatText, findMarks } from '../../bench/chat-text.ts';
import { FrameBook } from '../../bench/load/frame-book.ts';
import { type FrameBounds, FrameCutter, maskedFrame } from '../../bench/load/frames.ts';
import { Histogram } from '../../bench/load/histogram.ts';
import { ContextInflater, inflateMessage } from '../../bench/load/inflate.ts';
import { Ledger } from '../../bench/load/ledger.ts';

/** A server's frame: not masked. */
function frame(payload: Buffer, { isDeflated = false } = {}): Buffer {
  const { length } = payload;
  const header = length < 126 ? Buffer.alloc(2) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  header[0] = isDeflated ? 0xc1 : 0x81;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** As permessage-deflate without context takeover does it. */
function deflated(text: string): Buffer {
  const all = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  return all.subarray(0, all.length - 4);
}

/** As a server does it that keeps its context from message to message. */
async function leaning(texts: readonly string[]): Promise<Buffer[]> {
  const deflate = createDeflateRaw();
  const sent: Buffer[] = [];
  for (const text of texts) {
    await new Promise<void>((resolve) => deflate.write(text, () => deflate.flush(constants.Z_SYNC_FLUSH, resolve)));
    const bytes = deflate.read() as Buffer;
    sent.push(bytes.subarray(0, bytes.length - 4));
  }
  return sent;
}

const packet = (...seqs: number[]): string =>
  `42${JSON.stringify(['room:messages', { messages: seqs.map((seq) => ({ body: { text: chatText({ seq, sentAtMs: seq / 2 }) } })) }])}`;

const whole = (payload: Buffer, isDeflated = false): FrameBounds => ({
  opcode: 1,
  isDeflated,
  start: 0,
  end: payload.length,
});

describe('frames', () => {
  test('are found wherever the bytes are cut', () => {
    const sizes = fc.constantFrom(0, 1, 125, 126, 300, 65_535, 65_536, 70_000);
    const story = fc.tuple(
      fc.array(sizes, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(140_000), { maxLength: 6 }),
    );
    fc.assert(
      fc.property(story, ([lengths, cuts]) => {
        const sent = lengths.map((length, index) => Buffer.alloc(length, 65 + index));
        const bytes = Buffer.concat(sent.map((payload) => frame(payload)));
        const borders = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const cutter = new FrameCutter();
        const found: Buffer[] = [];
        for (const [index, border] of borders.slice(1).entries()) {
          const chunk = Buffer.from(bytes.subarray(borders[index], border));
          cutter.cut(chunk, (all, { start, end }) => found.push(Buffer.from(all.subarray(start, end))));
          // A reader that keeps a view of its buffer sees the next read in it.
          chunk.fill(0);
        }
        expect(Buffer.concat(found).equals(Buffer.concat(sent))).toBe(true);
        expect(found.map(({ length }) => length)).toEqual(lengths);
      }),
      { numRuns: 50 },
    );
  });

  test('of a client carry the mask 0, which leaves the payload as it is', () => {
    const sent = maskedFrame('2probe');
    expect([...sent.subarray(0, 6)]).toEqual([0x81, 0x86, 0, 0, 0, 0]);
    expect(sent.subarray(6).toString()).toBe('2probe');
    expect(maskedFrame('x'.repeat(300)).readUInt16BE(2)).toBe(300);
  });
});

describe('events', () => {
  test('are read from plain and from compressed frames, several in one', () => {
    const book = new FrameBook();
    const plain = Buffer.from(packet(7, 8, 9));
    expect(book.marksOf(plain, whole(plain)).map(({ seq }) => seq)).toEqual([7, 8, 9]);
    const small = deflated(packet(10, 11));
    expect(book.marksOf(small, whole(small, true))).toEqual([
      { seq: 10, sentAtMs: 5 },
      { seq: 11, sentAtMs: 5.5 },
    ]);
  });

  test('are read once for each distinct frame, and frames that differ in one byte are distinct', () => {
    const book = new FrameBook();
    const frames = Array.from({ length: 500 }, (_, seq) => Buffer.from(packet(1_000 + seq)));
    for (let member = 0; member < 3; member++) {
      for (const [index, bytes] of frames.entries()) {
        expect(book.marksOf(bytes, whole(bytes)).map(({ seq }) => seq)).toEqual([1_000 + index]);
      }
    }
    expect(book.readings).toBe(frames.length);
  });

  test('are found whatever words follow the mark', () => {
    const marks = Array.from({ length: 30 }, (_, seq) => ({ seq, sentAtMs: 123_456_789.125 }));
    expect(findMarks(JSON.stringify(marks.map(chatText)))).toEqual(marks);
  });

  test('of a sender that keeps its context can be read from the first message on', async () => {
    const texts = ['40{"sid":"a"}', packet(1), packet(2), packet(2)];
    const sent = await leaning(texts);
    // The last one is little more than a reference to the one before: it cannot be read alone.
    expect(sent[3]?.length).toBeLessThan(20);
    const inflater = new ContextInflater();
    expect(sent.map((message) => inflater.next(message).toString())).toEqual(texts);
    expect(inflateMessage(sent[0] as Buffer)).toBe(texts[0]);
  });
});

describe('the ledger', () => {
  const mark = (seq: number) => ({ seq, sentAtMs: 100 });

  test('knows that one lost and one doubled event are not the same as none', () => {
    const ledger = new Ledger({ from: 5, count: 2, members: 2 });
    ledger.note(0, [mark(5), mark(6)], 110);
    ledger.note(1, [mark(5), mark(5)], 120);
    expect(ledger.tally()).toMatchObject({ delivered: 3, doubled: 1 });
  });

  test('passes over events of other phases and members who are not counted', () => {
    const ledger = new Ledger({ from: 5, count: 2, members: 1 });
    ledger.note(0, [mark(4), mark(7)], 110);
    ledger.note(1, [mark(5)], 110);
    expect(ledger.tally()).toMatchObject({ delivered: 0, doubled: 0 });
  });

  test('times each arrival, and the last one of each event that reached all', () => {
    const ledger = new Ledger({ from: 0, count: 2, members: 2 });
    ledger.note(0, [mark(0), mark(1)], 101);
    ledger.note(1, [mark(0)], 140);
    const { each, last } = ledger.tally();
    expect(each).toMatchObject({ count: 3, max: 40 });
    expect(last).toMatchObject({ count: 1, p50: 40, max: 40 });
  });
});

describe('percentiles', () => {
  test('are the values below which that share lies, to a tenth of a millisecond', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms);
    expect(histogram.percentile(0.5)).toBeCloseTo(500.1, 5);
    expect(histogram.percentile(0.99)).toBeCloseTo(990.1, 5);
    expect(histogram.latency()).toMatchObject({ max: 1_000, count: 1_000 });
  });

  test('of nothing are 0, and what is no time does not count', () => {
    const histogram = new Histogram();
    histogram.add(Number.NaN);
    expect(histogram.latency()).toEqual({ p50: 0, p99: 0, max: 0, count: 0 });
    histogram.add(-1);
    histogram.add(90_000);
    expect(histogram.latency()).toMatchObject({ count: 2, max: 90_000 });
    histogram.clear();
    expect(histogram.latency().count).toBe(0);
  });
});

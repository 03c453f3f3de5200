// Members as counted sinks: what is lost, doubled or out of its order shows, each at its member.
import { describe, expect, test } from 'vitest';
import { chatText } from '../../bench/chat-text.ts';
import { SinkBook } from '../../bench/simulation/sinks.ts';
import { EncodedBatch } from '../../src/delivery/encoded-batch.ts';

const chat = (...seqs: number[]) =>
  new EncodedBatch(
    seqs.map((seq) => ({
      event: 'room:messages' as const,
      text: `2["room:messages",${JSON.stringify(chatText({ seq, sentAtMs: 0 }))}]`,
      items: 1,
    })),
  );
const update = (items: number) => new EncodedBatch([{ event: 'room:events', text: '2["room:events",{}]', items }]);

function expecting() {
  const book = new SinkBook();
  const sinks = [book.open(), book.open()] as const;
  book.expect({ from: 10, chats: 3, updates: 1 });
  return { book, sinks };
}

describe('counted sinks', () => {
  test('are complete when each has each event once, in its order, and then the last one has it', () => {
    const { book, sinks } = expecting();
    for (const parcel of [chat(10), update(1), chat(11, 12)]) for (const sink of sinks) sink.write(parcel);
    expect(book.tally()).toMatchObject({ delivered: 8, odd: 0, writes: 6, last: { count: 3 } });
  });

  test('a message that one of them lacks is missing, whatever another has twice', () => {
    const { book, sinks } = expecting();
    const [one, other] = sinks;
    for (const parcel of [chat(10), chat(10), chat(11), chat(12)]) one.write(parcel);
    for (const parcel of [chat(10), chat(11)]) other.write(parcel);
    expect(book.tally()).toMatchObject({ delivered: 5, odd: 1, last: { count: 2 } });
  });

  test('what comes out of its order, before it was sent for, or too often is odd', () => {
    const { book, sinks } = expecting();
    for (const parcel of [chat(9), chat(11), chat(10), update(2)]) sinks[0].write(parcel);
    expect(book.tally()).toMatchObject({ delivered: 2, odd: 3 });
  });

  test('who is gone is not waited for', () => {
    const { book, sinks } = expecting();
    book.close(sinks[1]);
    book.expect({ from: 20, chats: 1, updates: 0 });
    sinks[0].write(chat(20));
    expect(book.tally()).toMatchObject({ delivered: 1, odd: 0, last: { count: 1 } });
  });
});

// The commands of one turn of the event loop leave as one write, at the end of that turn, on the present link.
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { WriteCoalescing } from '../../src/redis/write-coalescing.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';

/** A link that records what leaves together. */
function aLink() {
  const left: string[][] = [];
  const note = (chunks: readonly { chunk: Buffer }[]) => left.push(chunks.map(({ chunk }) => chunk.toString()));
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      note([{ chunk }]);
      done();
    },
    writev: (chunks, done) => {
      note(chunks);
      done();
    },
  });
  return { left, stream };
}

describe('[ACK-4] writes to Redis', () => {
  test('of one turn leave together, those of the next by themselves', async () => {
    const { left, stream } = aLink();
    const writes = new WriteCoalescing({ stream } as never, new ManualClock());
    for (const text of ['a', 'b', 'c']) {
      writes.gather();
      stream.write(text);
      await Promise.resolve();
    }
    expect(left).toEqual([]);
    await runMicrotasks();
    expect(left).toEqual([['a', 'b', 'c']]);
    writes.gather();
    stream.write('d');
    await runMicrotasks();
    expect(left).toEqual([['a', 'b', 'c'], ['d']]);
  });

  test('go on over a new link when the old one broke in between', async () => {
    const [old, young] = [aLink(), aLink()];
    const link = { stream: old.stream };
    const writes = new WriteCoalescing(link as never, new ManualClock());
    writes.gather();
    old.stream.write('lost');
    old.stream.destroy();
    link.stream = young.stream;
    writes.gather();
    young.stream.write('a');
    await runMicrotasks();
    writes.gather();
    young.stream.write('b');
    await runMicrotasks();
    expect(young.left).toEqual([['a'], ['b']]);
  });
});

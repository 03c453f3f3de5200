// The wire-tap's reader of Redis's side: published messages are counted, and nothing else, wherever the bytes are cut.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PushCounter } from '../../bench/process/push-counter.ts';

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const array = (sign: string, ...texts: string[]) => `${sign}${texts.length}\r\n${texts.map(bulk).join('')}`;

const stream = [
  '+OK\r\n',
  array('*', 'subscribe', 'mw:{a}'),
  array('*', 'message', 'mw:{a}', 'x'.repeat(5_000)),
  ':42\r\n',
  '$-1\r\n*-1\r\n*0\r\n',
  // Looks like a message, but is the inner array of a reply.
  `*2\r\n${array('*', 'message', 'mw:{b}', 'y')}${bulk('z')}`,
  // So does this, behind an inner array.
  `*4\r\n${array('*', 'x')}${bulk('message')}${bulk('mw:{b}')}${bulk('y')}`,
  array('>', 'smessage', 'mw:{c}', 'two\r\nlines'),
  array('*', 'pmessage', 'mw:*', 'mw:{d}', '麦位'),
  '-ERR no\r\n',
  array('*', 'message', 'mw:{a}', ''),
].join('');

test('published messages are counted by channel, however the stream is cut', () => {
  const bytes = Buffer.from(stream);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length - 1), { maxLength: 12 }), (cuts) => {
      const keys: string[] = [];
      const counter = new PushCounter((channel) => keys.push(channel));
      const borders = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
      for (const [index, border] of borders.slice(1).entries()) counter.take(bytes.subarray(borders[index], border));
      expect(keys).toEqual(['mw:{a}', 'mw:{c}', 'mw:{d}', 'mw:{a}']);
    }),
    { numRuns: 300 },
  );
});

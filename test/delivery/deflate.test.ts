// A message compressed for everybody: every reader gets it back, whatever was compressed before it.
import { constants, createInflateRaw, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFLATE_MIN_BYTES, deflateMessage } from '../../src/delivery/deflate.ts';

const TRAILER = Buffer.from([0, 0, 0xff, 0xff]);
const finishFlush = constants.Z_SYNC_FLUSH;
const inflated = (payload: Buffer): string =>
  inflateRawSync(Buffer.concat([payload, TRAILER]), { finishFlush }).toString();

test('[CONN-9] any text comes back, from text and from bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 2_000 }), (message) => {
      expect(inflated(deflateMessage(message))).toBe(message);
      expect(deflateMessage(Buffer.from(message))).toEqual(deflateMessage(message));
    }),
  );
});

test('[CONN-9] the same message gives the same bytes, whatever went before: nothing is looked back at', () => {
  const message = '42["room:messages",{"roomId":"party","messages":[{"text":"hello hello hello"}]}]';
  const first = deflateMessage(message);
  deflateMessage(message.repeat(50));
  expect(deflateMessage(message)).toEqual(first);
});

test('[CONN-9] an inflater that is kept, as browsers keep one, reads one message after the other', async () => {
  const inflater = createInflateRaw();
  const messages = ['', 'a', 'b'.repeat(70_000), '房间'.repeat(900), '', 'end'];
  const pieces: Buffer[] = [];
  const read = new Promise<string>((resolve) => {
    inflater.on('data', (piece: Buffer) => {
      pieces.push(piece);
      if (piece.toString().endsWith('end')) resolve(Buffer.concat(pieces).toString());
    });
  });
  for (const message of messages) inflater.write(Buffer.concat([deflateMessage(message), TRAILER]));
  expect(await read).toBe(messages.join(''));
  inflater.close();
});

test('[CONN-9] the last block is open and the trailer is left out (RFC 7692, 7.2.1)', () => {
  expect(deflateMessage('')).toEqual(Buffer.from([0]));
  const payload = deflateMessage('x'.repeat(DEFLATE_MIN_BYTES));
  expect((payload[0] as number) & 1).toBe(0);
  expect(payload.subarray(-4)).not.toEqual(TRAILER);
  expect(payload.length).toBeLessThan(DEFLATE_MIN_BYTES / 2);
});

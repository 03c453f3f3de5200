// One message compressed for everybody: the body of a shared WebSocket frame. Must not know frames, rooms or connections.
import { constants, deflateRawSync } from 'node:zlib';

/**
 * Shorter messages are not worth it. By bytes before → after: 37 → 36, 90 → 83, 109 → 106, 190 → 150 (somebody takes a seat),
 * 278 → 229 (one chat message). Every packet carries some 60 bytes beside its message, and compressing takes 16 µs at least.
 */
export const DEFLATE_MIN_BYTES = 150;

/**
 * Chat in batches of 1, 5, 20 and 32 messages (278, 1,187, 4,585 and 7,298 bytes), and 16 KiB of text that was made to keep
 * zlib busy, on Node 20:
 *
 * | level | 1 | 5 | 20 | 32 | made to hurt |
 * |---|---|---|---|---|---|
 * | 1 | 229 B, 16 µs | 569 B, 28 µs | 1,637 B, 44 µs | 2,378 B, 54 µs | 130 µs |
 * | 3 | 229 B, 16 µs | 569 B, 27 µs | 1,628 B, 45 µs | 2,362 B, 57 µs | 510 µs |
 * | 6 | 229 B, 16 µs | 565 B, 29 µs | 1,601 B, 54 µs | 2,321 B, 72 µs | 1,930 µs |
 * | 9 | 229 B, 17 µs | 565 B, 29 µs | 1,594 B, 57 µs | 2,304 B, 80 µs | 10,900 µs |
 *
 * Most of what is left are ids, which no level makes shorter: 6 would save 2 % more and let a few members who know how stop
 * the loop for four times as long. `memLevel` and smaller windows change neither bytes nor time. A stream cannot be
 * kept from one message to the next: zlib closes it after a synchronous call.
 */
const LEVEL = 3;

/** What a deflate block that was flushed ends with; it is left out (RFC 7692, 7.2.1). */
const SYNC_TRAILER_BYTES = 4;

/** The payload of a frame with RSV1, for every reader with a window of 15 bits: it looks back at no other message. */
export function deflateMessage(message: string | Buffer): Buffer {
  const flushed = deflateRawSync(message, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH });
  return flushed.subarray(0, flushed.length - SYNC_TRAILER_BYTES);
}

// permessage-deflate as a receiver: messages without context, and messages that need all earlier ones.
import { constants, inflateRawSync } from 'node:zlib';

/** RFC 7692: the bytes that a sender cuts off the end of each message. */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

const inflate = (messages: readonly Uint8Array[]): Buffer =>
  inflateRawSync(Buffer.concat(messages.flatMap((message) => [message, TAIL])), {
    finishFlush: constants.Z_SYNC_FLUSH,
  });

/** The text of a message that was compressed without context from earlier ones. */
export const inflateMessage = (payload: Uint8Array): string => inflate([payload]).toString();

/**
 * The messages of one connection whose sender keeps its context. It inflates again from the first message each time, so
 * it is meant for the first few of a connection.
 */
export class ContextInflater {
  readonly #messages: Buffer[] = [];
  #bytes = 0;

  next(payload: Uint8Array): Buffer {
    this.#messages.push(Buffer.from(payload));
    const all = inflate(this.#messages);
    const text = all.subarray(this.#bytes);
    this.#bytes = all.length;
    return text;
  }
}

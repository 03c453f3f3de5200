// WebSocket frames as a server writes them (RFC 6455, 5.2): finished, unmasked text. Must not know what they say.
import { DEFLATE_MIN_BYTES, deflateMessage } from './deflate.ts';

interface Written {
  /** A Socket.IO packet; engine.io puts its `4` (message) before it. */
  readonly text: string;
}

const FIN_TEXT = 0x81;
/** Says that the payload is compressed (RFC 7692, 6). */
const RSV1 = 0x40;
const ENGINE_MESSAGE = '4';

const payloadOf = ({ text }: Written): Buffer => Buffer.from(ENGINE_MESSAGE + text);

/** The head of a frame that bears so many bytes. */
function headOf(bytes: number, firstByte: number): Buffer {
  if (bytes < 126) return Buffer.from([firstByte, bytes]);
  if (bytes < 65_536) {
    const head = Buffer.from([firstByte, 126, 0, 0]);
    head.writeUInt16BE(bytes, 2);
    return head;
  }
  const head = Buffer.from([firstByte, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUIntBE(bytes, 4, 6);
  return head;
}

/** One buffer, so that a connection is written to once, with one piece. */
export const plainFrames = (packets: readonly Written[]): Buffer =>
  Buffer.concat(
    packets.flatMap((packet) => {
      const payload = payloadOf(packet);
      return [headOf(payload.length, FIN_TEXT), payload];
    }),
  );

/**
 * The same with the payloads compressed, each by itself and none relying on one before it, so that every connection can
 * be given it at any time. What is too small to gain by it stays plain; if all is, the result is `plain` itself.
 */
export function deflatedFrames(packets: readonly Written[], plain: Buffer): Buffer {
  const payloads = packets.map(payloadOf);
  if (payloads.every(({ length }) => length < DEFLATE_MIN_BYTES)) return plain;
  return Buffer.concat(
    payloads.flatMap((payload) => {
      if (payload.length < DEFLATE_MIN_BYTES) return [headOf(payload.length, FIN_TEXT), payload];
      const deflated = deflateMessage(payload);
      return [headOf(deflated.length, FIN_TEXT | RSV1), deflated];
    }),
  );
}

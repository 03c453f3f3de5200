// WebSocket frames as a server writes them (RFC 6455, 5.2): complete, unmasked, text.
import { DEFLATE_MIN_BYTES, deflateMessage } from './deflate.ts';

interface PacketText {
  /** One Socket.IO packet. */
  readonly text: string;
}

const FIN_TEXT = 0x81;
/** Marks a compressed payload (RFC 7692, 6). */
const RSV1 = 0x40;
/** engine.io puts this byte (`message`) before each Socket.IO packet. */
const ENGINE_MESSAGE = '4';

const payloadOf = ({ text }: PacketText): Buffer => Buffer.from(ENGINE_MESSAGE + text);

/** The head of a frame with a payload of that length. */
function headOf(payloadBytes: number, firstByte: number): Buffer {
  if (payloadBytes < 126) return Buffer.from([firstByte, payloadBytes]);
  if (payloadBytes < 65_536) {
    const head = Buffer.from([firstByte, 126, 0, 0]);
    head.writeUInt16BE(payloadBytes, 2);
    return head;
  }
  const head = Buffer.from([firstByte, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUIntBE(payloadBytes, 4, 6);
  return head;
}

/** One buffer for all frames, so that a connection is written to once. */
export const plainFrames = (packets: readonly PacketText[]): Buffer =>
  Buffer.concat(
    packets.flatMap((packet) => {
      const payload = payloadOf(packet);
      return [headOf(payload.length, FIN_TEXT), payload];
    }),
  );

/**
 * The same with compressed payloads. Each payload stands alone, so that every connection can take it at any time. A
 * payload that is too small to gain stays plain. If all are too small, the result is `plain` itself.
 */
export function deflatedFrames(packets: readonly PacketText[], plain: Buffer): Buffer {
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

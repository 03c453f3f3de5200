// WebSocket frames as a server writes them (RFC 6455, 5.2): complete, unmasked, text.
import type { ServerEventName } from '../protocol/server-events.ts';
import { DEFLATE_MIN_BYTES, deflateMessage } from './deflate.ts';

/** One Socket.IO packet. */
export interface Packet {
  readonly event: ServerEventName;
  /** As Socket.IO's encoder would write it: `2["event",payload]`. */
  readonly text: string;
  /** How many items the packet carries: messages, updates. */
  readonly items: number;
}

const FIN_TEXT = 0x81;
/** Marks a compressed payload (RFC 7692, 6). */
const RSV1 = 0x40;
/** engine.io puts this byte (`message`) before each Socket.IO packet. */
const ENGINE_MESSAGE = '4';

const payloadOf = ({ text }: Packet): Buffer => Buffer.from(ENGINE_MESSAGE + text);
const frame = (payload: Buffer, firstByte: number): Buffer[] => [headOf(payload.length, firstByte), payload];

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
export const plainFrames = (packets: readonly Packet[]): Buffer =>
  Buffer.concat(packets.flatMap((packet) => frame(payloadOf(packet), FIN_TEXT)));

/**
 * The same with compressed payloads. Each payload stands alone, so that every connection can take it at any time. A
 * payload that is too small to gain stays plain. If all are too small, the result is `plain` itself.
 */
export function deflatedFrames(packets: readonly Packet[], plain: Buffer): Buffer {
  const payloads = packets.map(payloadOf);
  const isWorthwhile = ({ length }: Buffer) => length >= DEFLATE_MIN_BYTES;
  if (!payloads.some(isWorthwhile)) return plain;
  const framed = payloads.flatMap((payload) =>
    isWorthwhile(payload) ? frame(deflateMessage(payload), FIN_TEXT | RSV1) : frame(payload, FIN_TEXT),
  );
  return Buffer.concat(framed);
}

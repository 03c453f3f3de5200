// WebSocket frames as a cheap client needs them: complete frames to send, and the boundaries of received frames.

/** Text frames of a client are masked. The key 0 is allowed and leaves the payload as it is. */
export function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  if (length > 0xffff) throw new Error('no client of the bench sends frames of 64 KiB');
  const header = length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  header[0] = 0x81;
  header[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) header.writeUInt16BE(length, 2);
  return Buffer.concat([header, payload]);
}

/** Where a frame's payload is in the buffer that was passed with it. The object is reused for the next frame. */
export interface FrameBounds {
  opcode: number;
  /** RSV1 is set: the payload is a permessage-deflate message. */
  isDeflated: boolean;
  start: number;
  end: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Cuts the received bytes of one connection into frames. The payload is a view of the caller's buffer, valid until the
 * handler returns. Only an incomplete frame is copied.
 */
export class FrameCutter {
  readonly #bounds: FrameBounds = { opcode: 0, isDeflated: false, start: 0, end: 0 };
  #rest: Buffer = NOTHING;

  cut(received: Buffer, onFrame: (bytes: Buffer, bounds: FrameBounds) => void): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, received]) : received;
    const end = bytes.length;
    const bounds = this.#bounds;
    let at = 0;
    while (at + 2 <= end) {
      const first = bytes[at] as number;
      const short = (bytes[at + 1] as number) & 0x7f;
      const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (at + headerBytes > end) break;
      const payloadBytes = short < 126 ? short : lengthAt(bytes, { at: at + 2, isLong: short === 127 });
      const start = at + headerBytes;
      if (start + payloadBytes > end) break;
      if ((first & 0x80) === 0) throw new Error('the server sent a fragment; no server under test should');
      bounds.opcode = first & 0x0f;
      bounds.isDeflated = (first & 0x40) !== 0;
      bounds.start = start;
      bounds.end = start + payloadBytes;
      at = bounds.end;
      onFrame(bytes, bounds);
    }
    this.#rest = at === end ? NOTHING : Buffer.from(bytes.subarray(at));
  }
}

const lengthAt = (bytes: Buffer, { at, isLong }: { readonly at: number; readonly isLong: boolean }): number =>
  isLong ? Number(bytes.readBigUInt64BE(at)) : bytes.readUInt16BE(at);

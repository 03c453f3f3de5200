// A WebSocket client that writes raw bytes: it makes the upgrade, and then keeps to no protocol by itself.
import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

const MASK = Buffer.from([0x12, 0x34, 0x56, 0x78]);

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

interface FrameParts {
  readonly opcode: number;
  readonly payload: Buffer;
  /** FIN, RSV1, RSV2, RSV3 as the upper half of the first byte; default: FIN alone. */
  readonly flags?: number;
  /** `none`: an unmasked frame, which no client may send. */
  readonly mask?: 'none';
  /** A false length for the header of the frame. */
  readonly claimedLength?: bigint;
}

/** One frame; everything about it may be wrong. */
export function frame({ opcode, payload, flags = 0x80, mask, claimedLength }: FrameParts): Buffer {
  const length = claimedLength ?? BigInt(payload.length);
  const head: number[] = [flags | opcode];
  const masked = mask === 'none' ? 0 : 0x80;
  if (length < 126n) head.push(masked | Number(length));
  else if (length < 65_536n) head.push(masked | 126, Number(length >> 8n), Number(length & 255n));
  else
    head.push(masked | 127, ...[56n, 48n, 40n, 32n, 24n, 16n, 8n, 0n].map((bits) => Number((length >> bits) & 255n)));
  if (!masked) return Buffer.concat([Buffer.from(head), payload]);
  const scrambled = Buffer.from(payload.map((byte, index) => byte ^ (MASK[index % 4] as number)));
  return Buffer.concat([Buffer.from(head), MASK, scrambled]);
}

export const text = (message: string): Buffer => frame({ opcode: opcodes.text, payload: Buffer.from(message) });

const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };
const SYNC_TRAILER = Buffer.from([0, 0, 0xff, 0xff]);

/** The payload of a compressed message, made with zlib alone and without the server's code. */
export const deflated = (message: string | Buffer): Buffer => deflateRawSync(message, SYNC).subarray(0, -4);
/** A text that is sent compressed, in one frame. */
export const squeezed = (message: string): Buffer =>
  frame({ opcode: opcodes.text, payload: deflated(message), flags: FIN | RSV1 });
export const FIN = 0x80;
export const RSV1 = 0x40;

/** The request for the upgrade. */
export interface UpgradeOptions {
  /** An addition to the URL, beginning with `&`. */
  readonly query?: string;
  /** The header Sec-WebSocket-Extensions. */
  readonly extensions?: string;
  /** Bytes that are written together with the request, without waiting for an answer. */
  readonly earlyBytes?: readonly Buffer[];
}

/** The request of a client that wants compression. */
export const withCompression: UpgradeOptions = {
  query: '&deflate=1',
  extensions: 'permessage-deflate; client_max_window_bits',
};

export class RawConnection {
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  /** Resolves when the server has sent a close frame (it waits 30 s for an answer), or has closed the connection. */
  readonly dismissed: Promise<void>;
  #dismiss: () => void = () => undefined;
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);
  #head: string | null = null;
  readonly #texts: string[] = [];
  #compressedFrames = 0;
  #closeCode: number | null = null;
  #onText: () => void = () => undefined;

  private constructor(url: string, { query = '', extensions, earlyBytes = [] }: UpgradeOptions) {
    const { hostname, port } = new URL(url);
    this.#socket = connect({ host: hostname, port: Number(port) });
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.dismissed = new Promise((resolve) => {
      this.#dismiss = resolve;
    });
    void this.closed.then(() => this.#dismiss());
    // The server may close the connection at any time, as the input is invalid.
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (bytes) => this.#read(bytes));
    const request = [
      `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...(extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
      '\r\n',
    ];
    this.#socket.write(Buffer.concat([Buffer.from(request.join('\r\n')), ...earlyBytes]));
  }

  /** A connection that is upgraded and has the first packet of engine.io. */
  static async open(url: string, options: UpgradeOptions = {}): Promise<RawConnection> {
    const connection = new RawConnection(url, options);
    await connection.received((message) => message.startsWith('0'));
    return connection;
  }

  /** A connection that is also admitted by Socket.IO with that token. */
  static async admitted(url: string, token: string, options: UpgradeOptions = {}): Promise<RawConnection> {
    const connection = await RawConnection.open(url, options);
    connection.write([text(connectPacket(token))]);
    await connection.received((message) => message.startsWith('40{"sid"'));
    return connection;
  }

  /** The answer to the upgrade, up to the empty line. */
  get head(): string {
    return this.#head ?? '';
  }

  /** The number of compressed frames so far. */
  get compressedFrames(): number {
    return this.#compressedFrames;
  }

  /** Writes all pieces at once, so that the server gets them in as few reads as possible. */
  write(pieces: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(pieces));
  }

  /** Ends the writing side of the connection. */
  end(): void {
    this.#socket.end();
  }

  /** Closes the connection without a close frame. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** The messages received; a pong frame counts as a text that begins with `pong`. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** The code in the close frame of the server; null when it gave none. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  /** Resolves with the first text that fits, or with null when the server closes before. */
  async received(fits: (message: string) => boolean): Promise<string | null> {
    for (;;) {
      const next = new Promise<'more'>((resolve) => {
        this.#onText = () => resolve('more');
      });
      const found = this.#texts.find(fits);
      if (found !== undefined) return found;
      const outcome = await Promise.race([next, this.dismissed]);
      if (outcome !== 'more') return this.#texts.find(fits) ?? null;
    }
  }

  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    if (this.#head === null) {
      const end = this.#unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#head = this.#unread.toString('latin1', 0, end);
      this.#unread = this.#unread.subarray(end + 4);
    }
    while (this.#readFrame());
    this.#onText();
  }

  #readFrame(): boolean {
    const buffer = this.#unread;
    if (buffer.length < 2) return false;
    const short = (buffer[1] as number) & 127;
    const headLength = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (buffer.length < headLength) return false;
    const length = short < 126 ? short : short === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    if (buffer.length < headLength + length) return false;
    const isCompressed = ((buffer[0] as number) & RSV1) !== 0;
    if (isCompressed) this.#compressedFrames++;
    const body = buffer.subarray(headLength, headLength + length);
    const payload = isCompressed ? inflateRawSync(Buffer.concat([body, SYNC_TRAILER]), SYNC) : body;
    const opcode = (buffer[0] as number) & 15;
    if (opcode === opcodes.text) this.#texts.push(payload.toString());
    if (opcode === opcodes.pong) this.#texts.push(`pong ${payload.toString('latin1')}`);
    if (opcode === opcodes.close) {
      if (length >= 2) this.#closeCode = payload.readUInt16BE(0);
      this.#dismiss();
    }
    this.#unread = buffer.subarray(headLength + length);
    return true;
  }
}

/** Socket.IO's CONNECT to the main namespace, inside an engine.io message. */
export const connectPacket = (token: string, protocol = '1'): string => `40${JSON.stringify({ token, protocol })}`;

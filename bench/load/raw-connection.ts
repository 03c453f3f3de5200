// One cheap connection: TCP, the upgrade, engine.io's heartbeat and frames. All connections share one receive buffer.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { pauseMs } from '../monotonic.ts';
import { type FrameBounds, FrameCutter, maskedFrame } from './frames.ts';
import { ContextInflater } from './inflate.ts';

const RECEIVE_BUFFER_BYTES = 64 * 1_024;
/** One connection at a time reads into it, and its content is handled before the next read. */
const received = Buffer.allocUnsafe(RECEIVE_BUFFER_BYTES);
const PONG = maskedFrame('3');
/** The pause before the next try. With the servers' own Retry-After a bench of seconds would take minutes. */
const REFUSED_PAUSE_MS = 300;
const OPCODE_TEXT = 1;
const OPCODE_CLOSE = 8;
const PING = 0x32;
/** With stock compression pings are compressed, too; nothing else is as short. */
const DEFLATED_PING_MAX_BYTES = 8;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RawOptions {
  readonly address: Address;
  /** Asks for permessage-deflate as a browser does, and for Maiwei's shared frames. */
  readonly deflate: boolean;
}

/** What happens on it. `frame` gets all payloads except pings, as views that are valid during the call. */
export interface RawListener {
  frame(bytes: Buffer, bounds: FrameBounds): void;
  ended(reason: string): void;
}

export class RawConnection {
  readonly #options: RawOptions;
  #socket: Socket;
  /** The last refusal of a busy server. */
  #refused: Socket | null = null;
  readonly #cutter = new FrameCutter();
  readonly #listener: RawListener;
  #head = '';
  #isUpgraded = false;
  #isStalled = false;
  #isEnded = false;
  /** Bytes received after the upgrade: frame headers and payloads. */
  bytes = 0;
  frames = 0;
  /** Whether each compressed message can be read without those before it. */
  isContextFree = false;
  #inflater: ContextInflater | null = new ContextInflater();

  constructor(options: RawOptions, listener: RawListener) {
    this.#listener = listener;
    this.#options = options;
    this.#socket = this.#open();
  }

  #open(): Socket {
    const { host, port } = this.#options.address;
    const onread = { buffer: received, callback: (count: number) => this.#receive(count) };
    const socket = connect({ host, port, onread, noDelay: true });
    socket.on('connect', () => socket.write(upgradeRequest(this.#options)));
    const hasEnded = (reason: string) => {
      if (socket !== this.#refused) this.#end(reason);
    };
    socket.on('error', (error) => hasEnded(error.message));
    socket.on('close', () => hasEnded('closed'));
    return socket;
  }

  /** A busy server says so, and is asked again, as by any client. */
  async #comeBack(): Promise<void> {
    this.#head = '';
    this.#refused = this.#socket;
    this.#refused.destroy();
    await pauseMs(REFUSED_PAUSE_MS);
    if (!this.#isEnded) this.#socket = this.#open();
  }

  /** A frame that `maskedFrame` made. */
  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  /** Stops reading forever: what the server sends stays there once the kernel's buffers are full. */
  stall(): void {
    this.#isStalled = true;
  }

  /** From now on messages that need earlier ones are passed on compressed: to be counted, not to be read. */
  stopReading(): void {
    this.#inflater = null;
  }

  close(): void {
    this.#isEnded = true;
    this.#socket.destroy();
  }

  /** False stops the reading of this socket forever. */
  #receive(count: number): boolean {
    if (this.#isStalled) return false;
    try {
      const chunk = received.subarray(0, count);
      if (this.#isUpgraded) this.#take(chunk);
      else this.#upgrade(chunk);
    } catch (error) {
      this.#end(String(error));
      this.#socket.destroy();
    }
    return true;
  }

  #upgrade(chunk: Buffer): void {
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (this.#head.startsWith('HTTP/1.1 503')) return void this.#comeBack();
    if (!this.#head.startsWith('HTTP/1.1 101')) throw new Error(`refused: ${this.#head.split('\r\n')[0]}`);
    this.isContextFree = /server_no_context_takeover/i.test(this.#head.slice(0, end));
    this.#isUpgraded = true;
    const rest = Buffer.from(this.#head.slice(end + 4), 'latin1');
    this.#head = '';
    if (rest.length > 0) this.#take(rest);
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#cutter.cut(chunk, this.#onFrame);
  }

  readonly #onFrame = (bytes: Buffer, bounds: FrameBounds): void => {
    this.frames++;
    if (bounds.opcode === OPCODE_CLOSE) this.#end(closeReason(bytes, bounds));
    else if (bounds.opcode !== OPCODE_TEXT) throw new Error(`an unexpected frame, opcode ${bounds.opcode}`);
    else if (bounds.isDeflated && !this.isContextFree) this.#takeDependent(bytes, bounds);
    else if (bounds.end - bounds.start === 1 && bytes[bounds.start] === PING) this.send(PONG);
    else this.#listener.frame(bytes, bounds);
  };

  /**
   * A message that cannot be read without those before it. The first ones are read; later ones are only told from a
   * ping by their length.
   */
  #takeDependent(bytes: Buffer, bounds: FrameBounds): void {
    if (bounds.end - bounds.start <= DEFLATED_PING_MAX_BYTES) this.send(PONG);
    else if (this.#inflater === null) this.#listener.frame(bytes, bounds);
    const text = this.#inflater?.next(bytes.subarray(bounds.start, bounds.end));
    if (text === undefined || text.length === 1) return;
    this.#listener.frame(text, { opcode: bounds.opcode, isDeflated: false, start: 0, end: text.length });
  }

  #end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#listener.ended(reason);
  }
}

function closeReason(bytes: Buffer, { start, end }: FrameBounds): string {
  return end - start >= 2 ? `closed with ${bytes.readUInt16BE(start)}` : 'closed';
}

function upgradeRequest({ address: { host, port }, deflate }: RawOptions): string {
  const lines = [
    `GET /socket.io/?EIO=4&transport=websocket${deflate ? '&deflate=1' : ''} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(deflate ? ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

// What lies below a Socket.IO socket, down to the kernel's: engine.io's connection, ws, net.Socket. The only file that
// reads their private fields; test/transport/wire.test.ts holds it against the installed versions. Decides nothing else.
import type { Socket as NetSocket } from 'node:net';
import type { WebSocket } from 'ws';
import { sharesFrames } from './compression.ts';
import type { VoiceSocket } from './typed-socket.ts';

/** Of ws's WebSocket what is relied on (ws 8). */
interface WebSocketInside {
  readonly readyState: number;
  /** While it is open. */
  readonly _socket: NetSocket;
  readonly _sender: { readonly _state: number };
  terminate(): void;
}

/** Of engine.io's Socket (engine.io 6). */
interface ConnectionInside {
  readonly readyState: string;
  readonly writeBuffer: readonly { readonly data?: string | Buffer }[];
  readonly transport: { readonly socket?: WebSocketInside };
  write(text: string): unknown;
}

/** ws's WebSocket.OPEN, and its sender's DEFAULT: not compressing, not reading a blob. */
const OPEN = 1;
const SENDER_IDLE = 0;

export class Wire {
  readonly #socket: VoiceSocket;
  readonly #connection: ConnectionInside;
  /** What of engine.io's buffer has been added up. */
  #counted: { readonly buffer: readonly unknown[]; packets: number; bytes: number } | null = null;

  constructor(socket: VoiceSocket) {
    this.#socket = socket;
    this.#connection = socket.conn as unknown as ConnectionInside;
  }

  /**
   * Whether bytes may go to the kernel's socket past Socket.IO, engine.io and ws: then they arrive as one or more whole
   * messages, behind all that was sent before and before all that will be. Every condition has its test.
   */
  get takesFrames(): boolean {
    const { transport, writeBuffer } = this.#connection;
    // Long-polling has no frames; whoever has moved on to WebSocket has them from then on.
    const websocket = transport.socket;
    return (
      websocket !== undefined &&
      websocket.readyState === OPEN &&
      // Who is on his way out has had his last word; a half-closed socket would throw.
      this.#socket.connected &&
      websocket._socket.writable &&
      // Whatever waits above would be overtaken.
      writeBuffer.length === 0 &&
      websocket._sender._state === SENDER_IDLE
    );
  }

  /** To be called only while it takes frames. */
  writeFrames(frames: Buffer): void {
    this.#connection.transport.socket?._socket.write(frames);
  }

  /** One Socket.IO packet, the usual way. */
  writePacket(text: string): void {
    this.#connection.write(text);
  }

  /** Bytes that wait in this process: in the kernel socket's stream, and in engine.io. */
  get backlogBytes(): number {
    return (this.#connection.transport.socket?._socket?.writableLength ?? 0) + this.#buffered();
  }

  /** Whether a packet would still be sent, at once or later. */
  get takesPackets(): boolean {
    return this.#socket.connected && this.#connection.readyState === 'open';
  }

  /** Whether it has agreed to be sent compressed messages that do not depend on one another (CONN-9). */
  get inflates(): boolean {
    const websocket = this.#connection.transport.socket;
    return websocket !== undefined && sharesFrames(websocket as unknown as WebSocket);
  }

  #buffered(): number {
    const { writeBuffer } = this.#connection;
    if (writeBuffer.length === 0) return 0;
    // engine.io begins a new array when it has handed the old one on.
    if (this.#counted?.buffer !== writeBuffer) this.#counted = { buffer: writeBuffer, packets: 0, bytes: 0 };
    const counted = this.#counted;
    for (; counted.packets < writeBuffer.length; counted.packets++) {
      counted.bytes += writeBuffer[counted.packets]?.data?.length ?? 0;
    }
    return counted.bytes;
  }
}

/** Ends a connection without waiting for anybody, and lets go of what waits for it. */
export function cutOff(conn: VoiceSocket['conn']): void {
  conn.close(true);
  (conn as unknown as ConnectionInside).transport.socket?.terminate();
}

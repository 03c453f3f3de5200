// What lies below a Socket.IO socket, down to the kernel's: engine.io's connection, ws, net.Socket, and when bytes may go
// there directly; test/transport/wire.test.ts holds it against the installed versions. Decides nothing else.
import type { Socket as NetSocket } from 'node:net';
import type { WebSocket } from 'ws';
import { sharesFrames } from './compression.ts';
import type { VoiceSocket } from './typed-socket.ts';

/** Of ws's WebSocket what is relied on (ws 8). */
interface WebSocketInside {
  readonly readyState: number;
  /** While it is open. */
  readonly _socket: NetSocket;
  terminate(): void;
}

/** Of engine.io's Socket (engine.io 6). */
interface ConnectionInside {
  readonly readyState: string;
  readonly writeBuffer: readonly { readonly data?: string | Buffer }[];
  /** Long-polling has no socket. */
  readonly transport: { readonly socket?: WebSocketInside };
  write(text: string): unknown;
  once(event: 'upgrade', listener: () => void): unknown;
}

/** ws's WebSocket.OPEN. */
const OPEN = 1;

/**
 * One connection. It keeps its few references itself, because with a thousand idle connections a write costs as much as
 * the memory that is looked at before it.
 */
export class Wire {
  readonly #connection: ConnectionInside;
  #websocket: WebSocketInside | null = null;
  #net: NetSocket | null = null;
  #inflates = false;
  #hasEnded = false;
  /** What of engine.io's buffer has been added up. */
  #counted: { readonly buffer: readonly unknown[]; packets: number; bytes: number } | null = null;

  constructor(conn: VoiceSocket['conn']) {
    this.#connection = conn as unknown as ConnectionInside;
    this.#capture();
    // Whoever polls may move on to WebSocket.
    if (!this.#websocket) this.#connection.once('upgrade', () => this.#capture());
  }

  /** Who is on his way out has had his last word. */
  end(): void {
    this.#hasEnded = true;
  }

  /**
   * Whether bytes may go to the kernel's socket past Socket.IO, engine.io and ws: then they arrive as one or more whole
   * messages, behind all that was sent before and before all that will be. Every condition has its test (that there is a
   * socket follows from an open WebSocket, which the compiler cannot know). That ws does
   * not compress, and so hands on everything at once, is transport/compression's care.
   */
  get takesFrames(): boolean {
    return (
      this.#net !== null &&
      !this.#hasEnded &&
      // Whatever waits above would be overtaken.
      this.#connection.writeBuffer.length === 0 &&
      // Behind a close frame nothing may be sent; a half-closed socket would throw.
      this.#websocket?.readyState === OPEN &&
      this.#net.writable
    );
  }

  /** To be called only while it takes frames. */
  writeFrames(frames: Buffer): void {
    this.#net?.write(frames);
  }

  /** Whether a packet would still be sent, at once or later. */
  get takesPackets(): boolean {
    return !this.#hasEnded && this.#connection.readyState === 'open';
  }

  /** One Socket.IO packet, the usual way. */
  writePacket(text: string): void {
    this.#connection.write(text);
  }

  /** Whether it has agreed to be sent compressed messages that do not depend on one another (CONN-9). */
  get inflates(): boolean {
    return this.#inflates;
  }

  /** Bytes that wait in this process: in the kernel socket's stream, and in engine.io. */
  get backlogBytes(): number {
    return (this.#net?.writableLength ?? 0) + this.#buffered();
  }

  #buffered(): number {
    const { writeBuffer } = this.#connection;
    if (writeBuffer.length === 0) return 0;
    // engine.io begins a new array when it has handed the old one on.
    if (this.#counted?.buffer !== writeBuffer) this.#counted = { buffer: writeBuffer, packets: 0, bytes: 0 };
    const counted = this.#counted;
    for (; counted.packets < writeBuffer.length; counted.packets++) {
      counted.bytes += Buffer.byteLength(writeBuffer[counted.packets]?.data ?? '');
    }
    return counted.bytes;
  }

  #capture(): void {
    const websocket = this.#connection.transport.socket ?? null;
    this.#websocket = websocket;
    this.#net = websocket?._socket ?? null;
    this.#inflates = websocket !== null && sharesFrames(websocket as unknown as WebSocket);
  }
}

/** Ends a connection without waiting for anybody, and lets go of what waits for it. */
export function cutOff(conn: VoiceSocket['conn']): void {
  conn.close(true);
  (conn as unknown as ConnectionInside).transport.socket?.terminate();
}

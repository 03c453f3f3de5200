// The layers below a Socket.IO socket: engine.io's connection, ws, and the kernel's net.Socket. It decides when bytes
// may go to the kernel's socket directly. test/transport/wire.test.ts checks that against the installed versions.
import type { Socket as NetSocket } from 'node:net';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import { sharesFrames } from './compression.ts';

/** The part of ws's WebSocket on which this file relies (ws 8). */
interface WebSocketInternals {
  readonly readyState: number;
  /** Set while it is open. */
  readonly _socket: NetSocket;
  terminate(): void;
}

/** The part of engine.io's Socket on which this file relies (engine.io 6). */
interface EngineInternals {
  readonly readyState: string;
  readonly writeBuffer: readonly { readonly data?: string | Buffer }[];
  /** Long-polling has no socket. */
  readonly transport: { readonly socket?: WebSocketInternals };
  write(text: string): unknown;
  once(event: 'upgrade', listener: () => void): unknown;
}

/** ws's WebSocket.OPEN. */
const OPEN = 1;

/**
 * One connection. It keeps its few references itself: with a thousand idle connections, the cost of a write is the
 * memory that must be read before it.
 */
export class Wire {
  /** Whether the client negotiated shared compressed frames (CONN-9). Only this class sets it. */
  inflates = false;
  readonly #connection: EngineInternals;
  #websocket: WebSocketInternals | null = null;
  #net: NetSocket | null = null;
  #hasEnded = false;
  /** The part of engine.io's buffer that has been added up. */
  #counted: { readonly buffer: readonly unknown[]; packets: number; bytes: number } | null = null;

  constructor(conn: Socket['conn']) {
    this.#connection = conn as unknown as EngineInternals;
    this.#capture();
    // A polling client may upgrade to WebSocket later.
    if (!this.#websocket) this.#connection.once('upgrade', () => this.#capture());
  }

  /** The session has ended: nothing more is written. */
  end(): void {
    this.#hasEnded = true;
  }

  /**
   * Whether bytes may go to the kernel's socket past Socket.IO, engine.io and ws. If so, they arrive as whole messages,
   * in order with all that is sent before and after. Every condition has its test, except that there is a socket: that
   * follows from an open WebSocket, but the compiler cannot know it. It also matters that ws does not compress, and so
   * passes everything on at once; transport/compression takes care of that.
   */
  get takesFrames(): boolean {
    return (
      this.#net !== null &&
      !this.#hasEnded &&
      // Packets that wait in engine.io would be overtaken.
      this.#connection.writeBuffer.length === 0 &&
      // Nothing may follow a close frame, and a half-closed socket would throw.
      this.#websocket?.readyState === OPEN &&
      this.#net.writable
    );
  }

  /** Call it only while `takesFrames` is true. */
  writeFrames(frames: Buffer): void {
    this.#net?.write(frames);
  }

  /** Whether a packet can still be sent, at once or later. */
  get takesPackets(): boolean {
    return !this.#hasEnded && this.#connection.readyState === 'open';
  }

  /** Writes one Socket.IO packet through engine.io. */
  writePacket(text: string): void {
    this.#connection.write(text);
  }

  /** Bytes that wait in this process: in the stream of the kernel's socket, and in engine.io. */
  get backlogBytes(): number {
    return (this.#net?.writableLength ?? 0) + this.#buffered();
  }

  #buffered(): number {
    const { writeBuffer } = this.#connection;
    if (writeBuffer.length === 0) return 0;
    // engine.io begins a new array when it has passed the old one on.
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
    this.inflates = websocket !== null && sharesFrames(websocket as unknown as WebSocket);
  }
}

/** Ends a connection without waiting for the client, and drops what waits for it. */
export function cutOff(conn: Socket['conn']): void {
  conn.close(true);
  (conn as unknown as EngineInternals).transport.socket?.terminate();
}

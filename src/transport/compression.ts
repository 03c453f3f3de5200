// permessage-deflate for clients that ask for it (CONN-9): the negotiation, and the reading of compressed messages.
// Writing is delivery/deflate.
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { constants, inflateRawSync } from 'node:zlib';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { assert } from '../lang/assert.ts';
import type { Clock } from '../ops/clock.ts';
import { createBoundedWebSocket, FRAME_LIMITS } from './bounded-websocket.ts';

/**
 * The result of every negotiation. Without context takeover each message stands alone: one compressed frame serves all
 * clients that negotiated, and nothing is kept between two messages of a client. With an infinite threshold ws itself
 * never compresses. It would compress for each connection again, and frames could overtake each other meanwhile.
 */
const NEGOTIATED = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: Number.POSITIVE_INFINITY,
} as const;

/**
 * A client that gets a close frame has this long to answer it (CONN-11). The default of ws is 30 s, and a silent client
 * would keep its socket meanwhile. When the wait begins, the kernel has taken everything that was sent before.
 */
const CLOSE_TIMEOUT = { closeTimeout: 2_000 } as const;

const ASKS_FOR_DEFLATE = /[?&]deflate=1(?:&|$)/;

/**
 * The class for engine.io's `wsEngine`. Engine.io itself must have `perMessageDeflate` off. With it on, engine.io would
 * not share the frames of broadcasts any more, not even among connections that negotiated nothing.
 */
export const createCompressionEngine = (clock: Clock): (new (options: ServerOptions) => WebSocketServer) =>
  class CompressionServer extends WebSocketServer {
    readonly #messageMaxBytes: number;

    constructor(options: ServerOptions) {
      const limits = { ...FRAME_LIMITS, ...CLOSE_TIMEOUT };
      super({ ...options, ...limits, WebSocket: createBoundedWebSocket(clock), perMessageDeflate: NEGOTIATED });
      assert(options.maxPayload, 'engine.io sets the limit of a message');
      this.#messageMaxBytes = options.maxPayload;
    }

    override handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      done: (websocket: WebSocket, request: IncomingMessage) => void,
    ): void {
      // Browsers offer compression whether the page wants it or not.
      if (!ASKS_FOR_DEFLATE.test(request.url ?? '')) delete request.headers['sec-websocket-extensions'];
      super.handleUpgrade(request, socket, head, (websocket, upgraded) => {
        // At once: bytes that came along with the request are read as soon as this tick is over.
        inflateStatelessly(internalsOf(websocket), this.#messageMaxBytes, clock);
        done(websocket, upgraded);
      });
    }
  };

/** Deflate looks back at most 2^15 bytes, and so do shared frames. */
const SHARED_WINDOW_BITS = 15;

/** Whether this connection can read shared compressed frames. With a smaller window the client would fail. */
export function sharesFrames(websocket: WebSocket): boolean {
  const { params } = internalsOf(websocket)._extensions['permessage-deflate'] ?? {};
  if (!params?.server_no_context_takeover) return false;
  return (params.server_max_window_bits ?? SHARED_WINDOW_BITS) === SHARED_WINDOW_BITS;
}

/** Internals of ws that its types do not have. test/transport/compression.test.ts checks the installed version. */
interface WebSocketInternals {
  readonly _extensions: {
    readonly 'permessage-deflate'?: {
      readonly params: { readonly server_no_context_takeover?: boolean; readonly server_max_window_bits?: number };
      /** Takes the fragments of a message in order; the flag marks the last. The callback asks for the next one. */
      decompress: (...fragment: [Buffer, boolean, (error: Error | null, inflated?: Buffer) => void]) => void;
    };
  };
  readonly _receiver: {
    /** Class, message, whether ws puts its own prefix before it, close code, error code. */
    createError(...args: [new (message: string) => Error, string, boolean, number, string]): Error;
  };
}

const internalsOf = (websocket: WebSocket): WebSocketInternals => websocket as unknown as WebSocketInternals;

const EMPTY = Buffer.alloc(0);

/**
 * Replaces the inflater that ws makes at the first compressed message of a connection and keeps until its end. Measured
 * with 2,000 connections and commands of 1.2 KB. The inflater of ws keeps 18 KiB for each connection and takes 78 µs
 * per command, because it uses the thread pool. This one keeps nothing and takes 33 µs, of which the command itself
 * takes 20.
 */
function inflateStatelessly(
  { _extensions, _receiver }: WebSocketInternals,
  messageMaxBytes: number,
  clock: Clock,
): void {
  const extension = _extensions['permessage-deflate'];
  if (!extension) return;
  let fragments: Buffer[] = [];
  extension.decompress = (data, isLast, done) => {
    if (data.length > 0) fragments.push(data);
    // Never in the same tick: the receiver would call itself for each frame that it has read, until the stack is full.
    // One frame per turn of the event loop also gives the other connections their turn.
    clock.soon(() => {
      // The receiver joins what it gets, so the whole message may come with the last fragment.
      if (!isLast) return done(null, EMPTY);
      const message = Buffer.concat(fragments);
      fragments = [];
      const inflated = inflate(message, messageMaxBytes, _receiver);
      if (inflated instanceof Error) done(inflated);
      else done(null, inflated);
    });
  };
}

/** zlib allocates output in pieces of this size. Commands are short, and its default is 16 KiB for each (CONN-9). */
const INFLATE_CHUNK_BYTES = 2 * 1024;
const INFLATE_OPTIONS = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: INFLATE_CHUNK_BYTES } as const;

/**
 * Stops as soon as the limit is passed, so that a compression bomb costs no more than an honest message (CONN-11). The
 * sender cut off the last four bytes (RFC 7692, 7.2.1). They are not put back: they would only flush the inflater, and
 * `finishFlush` does that.
 */
function inflate(message: Buffer, maxBytes: number, receiver: WebSocketInternals['_receiver']): Buffer | Error {
  try {
    return inflateRawSync(message, { ...INFLATE_OPTIONS, maxOutputLength: maxBytes });
  } catch (error) {
    const isTooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    // Only errors that the receiver made itself carry the close code with which it ends the connection.
    return isTooLarge
      ? receiver.createError(RangeError, 'Max payload size exceeded', false, 1009, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
      : receiver.createError(Error, 'invalid compressed data', true, 1007, 'WS_ERR_INVALID_DEFLATE');
  }
}

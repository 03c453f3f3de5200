// permessage-deflate for the clients that ask for it (CONN-9): what is negotiated, and how what they compress is read. Must
// not know what is said, nor compress: shared frames are made in fanout/deflate.
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { constants, inflateRawSync } from 'node:zlib';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { assert } from '../lang/assert.ts';
import { BoundedWebSocket, TURNS } from './bounded-websocket.ts';

/**
 * What every negotiation ends in. Without context takeover each message stands alone: a compressed frame can be shared by all
 * who negotiated, and nothing has to be kept between two messages of a client. ws itself never compresses, whatever
 * the length: its sender would compress for each connection anew, and while it does, frames could overtake each other.
 */
const NEGOTIATED = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: Number.POSITIVE_INFINITY,
} as const;

/**
 * Who is told goodbye has this long to say so, too. ws waits 30 s, in which whoever never answers would hold his socket; and
 * all that was to be said before has been taken by the kernel when this begins.
 */
const GOODBYE = { closeTimeout: 2_000 } as const;

const ASKED = /[?&]deflate=1(?:&|$)/;

/**
 * The WebSocket server for engine.io's `wsEngine`. Engine.io itself must have `perMessageDeflate` off: with it on, it would
 * no longer share the frames of broadcasts, not even among connections that negotiated nothing.
 */
export class CompressionServer extends WebSocketServer {
  readonly #messageMaxBytes: number;

  constructor(options: ServerOptions) {
    super({ ...options, ...TURNS, ...GOODBYE, WebSocket: BoundedWebSocket, perMessageDeflate: NEGOTIATED });
    assert(options.maxPayload, 'engine.io says how long a message may be');
    this.#messageMaxBytes = options.maxPayload;
  }

  override handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (websocket: WebSocket, request: IncomingMessage) => void,
  ): void {
    // Browsers offer compression whether the page wants it or not.
    if (!ASKED.test(request.url ?? '')) delete request.headers['sec-websocket-extensions'];
    super.handleUpgrade(request, socket, head, (websocket, upgraded) => {
      // At once: what came along with the request is read as soon as this tick is over.
      inflateStatelessly(insidesOf(websocket), this.#messageMaxBytes);
      done(websocket, upgraded);
    });
  }
}

/** Deflate looks back at most 2^15 bytes, and so do frames that are made for all. */
const SHARED_WINDOW_BITS = 15;

/** Whether this connection can read compressed frames that were made once for all. Another window would kill the client. */
export function sharesFrames(websocket: WebSocket): boolean {
  const { params } = insidesOf(websocket)._extensions['permessage-deflate'] ?? {};
  if (!params?.server_no_context_takeover) return false;
  return (params.server_max_window_bits ?? SHARED_WINDOW_BITS) === SHARED_WINDOW_BITS;
}

/** What the types of ws do not tell. test/transport/compression.test.ts holds the installed one to it. */
interface Insides {
  readonly _extensions: { readonly 'permessage-deflate'?: Extension };
  readonly _receiver: {
    /** Kind, message, whether ws' own prefix is put before it, close code, error code. */
    createError(...deps: [new (message: string) => Error, string, boolean, number, string]): Error;
  };
}

interface Extension {
  readonly params: { readonly server_no_context_takeover?: boolean; readonly server_max_window_bits?: number };
  /** Gets the fragments of a message one after the other, the last of them marked as such; `done` asks for the next. */
  decompress: (...fragment: [Buffer, boolean, Done]) => void;
}
type Done = (error: Error | null, inflated?: Buffer) => void;

const insidesOf = (websocket: WebSocket): Insides => websocket as unknown as Insides;

const NOTHING = Buffer.alloc(0);

/**
 * Replaces the inflater that ws makes for a connection with its first compressed message and keeps until the end. For 2,000
 * connections and commands of 1.2 KB: ws' own keeps 18 KiB for each and takes 78 µs a command, round the thread pool and
 * back; this keeps nothing and takes 33 µs, of which 20 are the command's own.
 */
function inflateStatelessly({ _extensions, _receiver }: Insides, messageMaxBytes: number): void {
  const extension = _extensions['permessage-deflate'];
  if (!extension) return;
  let fragments: Buffer[] = [];
  extension.decompress = (data, isLast, done) => {
    if (data.length > 0) fragments.push(data);
    // Never in the same tick: the receiver would call itself for each frame of what it has read, until the stack is full.
    // One frame a turn of the loop also lets all others have theirs.
    setImmediate(() => {
      // The receiver puts together what it gets; whole messages are all the same to it.
      if (!isLast) return done(null, NOTHING);
      const message = Buffer.concat(fragments);
      fragments = [];
      const { inflated, fault } = inflate(message, messageMaxBytes);
      done(fault ? errorOf(fault, _receiver) : null, inflated);
    });
  };
}

/** Commands are short; zlib takes room for this much at a time, and would take 16 KiB for each. */
const INFLATED_AT_A_TIME_BYTES = 2 * 1024;
const INFLATING = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: INFLATED_AT_A_TIME_BYTES } as const;

type Fault = 'too large' | 'invalid';
interface Inflated {
  readonly inflated: Buffer;
  readonly fault?: Fault;
}

/**
 * Stops as soon as the limit is passed, so that a bomb costs no more than an honest message. The four bytes that the sender
 * cut off (RFC 7692, 7.2.1) are not put back: they would flush the inflater, and it is told to flush.
 */
function inflate(message: Buffer, maxBytes: number): Inflated {
  try {
    return { inflated: inflateRawSync(message, { ...INFLATING, maxOutputLength: maxBytes }) };
  } catch (error) {
    const isTooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { inflated: NOTHING, fault: isTooLarge ? 'too large' : 'invalid' };
  }
}

/** The receiver ends the connection with the close code that is in its own errors, and in no others. */
const errorOf = (fault: Fault, receiver: Insides['_receiver']): Error =>
  fault === 'too large'
    ? receiver.createError(RangeError, 'Max payload size exceeded', false, 1009, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    : receiver.createError(Error, 'invalid compressed data', true, 1007, 'WS_ERR_INVALID_DEFLATE');

// A WebSocket that lets others have their turn, whatever comes in on it, and ends whoever sends what nobody else counts
// (CONN-11). Must not know what is said.
import { WebSocket } from 'ws';
import { systemClock } from '../ops/clock.ts';

/**
 * Pongs of engine.io, pings of WebSocket, acks that nobody waits for: all that is no event, so that no limit of commands
 * sees it. A client has hardly any to send, a heartbeat of its own included; ten times that is still no fault.
 */
export const UNCOUNTED_MAX = 3_000;
const WINDOW_MS = 10_000;
/** "Policy violation". */
const CLOSE_CODE = 1008;

/**
 * How each of them is made. One message, ping or pong a turn of the loop: ws would handle all of a read in one go, which
 * are eleven thousand for the smallest of frames, and twenty such clients kept everybody else waiting for ten seconds.
 * Parts of a message are put together within a turn, so these must be few; nobody splits 16 KiB into more.
 */
export const TURNS = { allowSynchronousEvents: false, maxFragments: 2_048 } as const;

/** What a client can make a WebSocket emit as often as it likes. */
const HEARD: ReadonlySet<string | symbol> = new Set(['message', 'ping', 'pong']);
const MESSAGE = 0x34;
const EVENT = 0x32;
const BINARY_EVENT = 0x35;

export class BoundedWebSocket extends WebSocket {
  #windowEndsAt = 0;
  #uncounted = 0;

  override emit(name: string | symbol, ...args: readonly unknown[]): boolean {
    if (!HEARD.has(name)) return super.emit(name, ...args);
    // What had been read already still comes.
    if (this.#uncounted > UNCOUNTED_MAX) return false;
    if (!isUncounted(name, args[0]) || !this.#isTooMany()) return super.emit(name, ...args);
    // The code is for whoever made a mistake; nobody waits until it has been read.
    this.close(CLOSE_CODE);
    this.terminate();
    return false;
  }

  #isTooMany(): boolean {
    const now = systemClock.monotonic();
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + WINDOW_MS;
      this.#uncounted = 0;
    }
    this.#uncounted++;
    return this.#uncounted > UNCOUNTED_MAX;
  }
}

function isUncounted(name: string | symbol, data: unknown): boolean {
  if (name !== 'message') return true;
  return !Buffer.isBuffer(data) || data[0] !== MESSAGE || (data[1] !== EVENT && data[1] !== BINARY_EVENT);
}

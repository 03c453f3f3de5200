// A WebSocket that handles one frame per turn of the event loop, and ends when too many frames come that no other limit
// counts (CONN-11).
import { WebSocket } from 'ws';
import type { Clock } from '../ops/clock.ts';

/**
 * Pongs of engine.io, pings of WebSocket and acks that nobody waits for are no events, so no limit of commands sees
 * them. A client has hardly any to send, even with a heartbeat of its own. The limit is ten
 * times as many (CONN-11).
 */
export const UNCOUNTED_MAX = 3_000;
const WINDOW_MS = 10_000;
/** "Policy violation". */
const CLOSE_CODE = 1008;

/**
 * Options for every WebSocket (CONN-11). One message, ping or pong is handled per turn of the event loop. Without that,
 * ws handles all of a read at once, which may be eleven thousand of the smallest frames. Twenty clients that sent such
 * frames kept everybody else waiting for ten seconds. The fragments of a message are joined within one turn, so there
 * must be few of them. No honest client cuts 16 KiB into more than 2,048.
 */
export const FRAME_LIMITS = { allowSynchronousEvents: false, maxFragments: 2_048 } as const;

/** Events that a client can make a WebSocket emit as often as it likes. */
const CLIENT_EVENTS: ReadonlySet<string | symbol> = new Set(['message', 'ping', 'pong']);
const MESSAGE = 0x34;
const EVENT = 0x32;
const BINARY_EVENT = 0x35;

/** The class of WebSockets whose windows go by that clock. */
export function createBoundedWebSocket(clock: Clock): typeof WebSocket {
  return class BoundedWebSocket extends WebSocket {
    #windowEndsAt = 0;
    #uncounted = 0;

    override emit(name: string | symbol, ...args: readonly unknown[]): boolean {
      if (!CLIENT_EVENTS.has(name)) return super.emit(name, ...args);
      // Frames that were read before the end still arrive here.
      if (this.#uncounted > UNCOUNTED_MAX) return false;
      if (!isUncounted(name, args[0]) || !this.#isTooMany()) return super.emit(name, ...args);
      // The code helps a client with a bug. Nothing waits until the client has read it.
      this.close(CLOSE_CODE);
      this.terminate();
      return false;
    }

    #isTooMany(): boolean {
      const now = clock.monotonic();
      if (now >= this.#windowEndsAt) {
        this.#windowEndsAt = now + WINDOW_MS;
        this.#uncounted = 0;
      }
      this.#uncounted++;
      return this.#uncounted > UNCOUNTED_MAX;
    }
  };
}

function isUncounted(name: string | symbol, data: unknown): boolean {
  if (name !== 'message') return true;
  return !Buffer.isBuffer(data) || data[0] !== MESSAGE || (data[1] !== EVENT && data[1] !== BINARY_EVENT);
}

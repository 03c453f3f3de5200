// The outer door: how many may come in per second, and nobody while this node is late or goes away (CONN-3, CONN-12).
// Refuses with an HTTP 503 before engine.io sees anything, since engine.io itself can only say 400. Must not know tokens.
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../ops/clock.ts';
import type { LoopDelay } from '../ops/loop-delay.ts';
import type { Random } from '../ops/random.ts';

/** Refused clients are told to wait between these, so that they do not come back in step. */
const RETRY_AFTER_MIN_S = 1;
const RETRY_AFTER_MAX_S = 5;
/** How long a refused client has to take the answer before its socket is destroyed. */
const LINGER_MS = 1_000;

export interface AdmissionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly handshakesPerSecond: number;
  /** Whoever comes in costs most of all; those who are in come first. */
  readonly loopDelay: LoopDelay;
  readonly isDraining: () => boolean;
}

/** A bucket of a second's worth of handshakes, refilled as time passes. */
export class Admission {
  readonly #deps: AdmissionParts;
  readonly #capacity: number;
  #tokens: number;
  #filledAt: number;

  constructor(deps: AdmissionParts) {
    this.#deps = deps;
    this.#capacity = Math.max(1, deps.handshakesPerSecond);
    this.#tokens = this.#capacity;
    this.#filledAt = deps.clock.monotonic();
  }

  get clock(): Clock {
    return this.#deps.clock;
  }

  /** Null: come in. Otherwise after how many seconds to try again. */
  refusal(): number | null {
    if (this.#deps.isDraining() || this.#deps.loopDelay.isLate) return this.#retryAfter();
    const now = this.#deps.clock.monotonic();
    const refill = ((now - this.#filledAt) / 1000) * this.#deps.handshakesPerSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + refill);
    this.#filledAt = now;
    if (this.#tokens < 1) return this.#retryAfter();
    this.#tokens -= 1;
    return null;
  }

  #retryAfter(): number {
    return this.#deps.random.integer(RETRY_AFTER_MIN_S, RETRY_AFTER_MAX_S + 1);
  }
}

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

interface Guard {
  readonly admission: Admission;
  /** With long-polling, sessions also begin by ordinary requests, and upgrades continue sessions that have begun. */
  readonly polling: boolean;
}

const SOCKET_PATH = '/socket.io/';

/** Puts the admission before the listeners that Socket.IO has attached. */
export function guardUpgrades(httpServer: HttpServer, { admission, polling }: Guard): void {
  const upgrades = takeOver<UpgradeListener>(httpServer, 'upgrade');
  httpServer.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A reset by the client must not end the process, whoever has the socket at that moment.
    socket.on('error', destroy);
    if (!isOurs(request)) return endUpgrade(socket, NOT_FOUND, admission.clock);
    const retryAfter = polling && isContinued(request) ? null : admission.refusal();
    if (retryAfter !== null) return endUpgrade(socket, unavailable(retryAfter), admission.clock);
    for (const listener of upgrades) listener.call(httpServer, request, socket, head);
  });
  if (!polling) return;
  const requests = takeOver<RequestListener>(httpServer, 'request');
  httpServer.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const retryAfter = isOurs(request) && !isContinued(request) ? admission.refusal() : null;
    if (retryAfter !== null) {
      response.writeHead(503, { 'retry-after': String(retryAfter), connection: 'close' }).end();
      return;
    }
    for (const listener of requests) listener.call(httpServer, request, response);
  });
}

function takeOver<Listener>(httpServer: HttpServer, event: 'upgrade' | 'request'): Listener[] {
  const listeners = httpServer.listeners(event) as Listener[];
  httpServer.removeAllListeners(event);
  return listeners;
}

const isOurs = ({ url }: IncomingMessage): boolean => url?.startsWith(SOCKET_PATH) ?? false;
const isContinued = ({ url }: IncomingMessage): boolean => /[?&]sid=/.test(url ?? '');

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const unavailable = (retryAfter: number): string =>
  `HTTP/1.1 503 Service Unavailable\r\nRetry-After: ${retryAfter}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;

function destroy(this: Duplex): void {
  this.destroy();
}

/** Answers on the raw socket and sees to it that it goes, whatever the other side does. */
function endUpgrade(socket: Duplex, answer: string, clock: Clock): void {
  const cancel = clock.after(LINGER_MS, () => socket.destroy());
  socket.once('close', cancel);
  // What the client still sends is thrown away: unread, it would turn our answer into a reset.
  socket.resume();
  socket.end(answer);
}

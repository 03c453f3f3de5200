// Admission of new connections: a limited number per second, and none while this node is late or drains (CONN-3,
// CONN-12). A refusal is an HTTP 503 before engine.io sees the request: engine.io itself can only answer 400, which
// clients take for final.
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Ambient } from '../ops/ambient.ts';
import type { Clock } from '../ops/clock.ts';
import type { LoopDelay } from '../ops/loop-delay.ts';

/** `Retry-After` is random between these, so that refused clients do not come back in step (CONN-3). */
const RETRY_AFTER_MIN_S = 1;
const RETRY_AFTER_MAX_S = 5;
/** A refused client has this long to read the answer. Then its socket is destroyed: refusals stay cheap (CONN-3). */
const LINGER_MS = 1_000;

interface AdmissionDeps extends Pick<Ambient, 'clock' | 'random'> {
  readonly handshakesPerSecond: number;
  /** Letting a client in is the most expensive thing that a node does. While it is late, members come first. */
  readonly loopDelay: LoopDelay;
  readonly isDraining: () => boolean;
}

/** A token bucket: it holds the handshakes of one second, and fills up as time passes. */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #capacity: number;
  #tokens: number;
  #filledAt: number;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    this.#capacity = Math.max(1, deps.handshakesPerSecond);
    this.#tokens = this.#capacity;
    this.#filledAt = deps.clock.monotonic();
  }

  /** Takes a token. Null: admitted. Otherwise refused: the number of seconds after which to try again. */
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

const SOCKET_PATH = '/socket.io/';

/**
 * Puts the admission before the listeners that Socket.IO has attached to the server. With long-polling, a session may
 * begin with an ordinary request, and an upgrade may continue a session.
 */
export function guardUpgrades(
  httpServer: HttpServer,
  { admission, clock, polling }: { readonly admission: Admission; readonly clock: Clock; readonly polling: boolean },
): void {
  const upgrades = takeOver(httpServer, 'upgrade');
  httpServer.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A reset by the client must not end the process, whatever code owns the socket at that moment.
    socket.on('error', destroy);
    if (!isOurs(request)) return endUpgrade(socket, NOT_FOUND, clock);
    const retryAfter = polling && isContinued(request) ? null : admission.refusal();
    if (retryAfter !== null) return endUpgrade(socket, unavailable(retryAfter), clock);
    for (const listener of upgrades) listener.call(httpServer, request, socket, head);
  });
  if (!polling) return;
  const requests = takeOver(httpServer, 'request');
  httpServer.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const retryAfter = isOurs(request) && !isContinued(request) ? admission.refusal() : null;
    if (retryAfter !== null) {
      response.writeHead(503, { 'retry-after': String(retryAfter), connection: 'close' }).end();
      return;
    }
    for (const listener of requests) listener.call(httpServer, request, response);
  });
}

function takeOver(httpServer: HttpServer, event: 'upgrade' | 'request') {
  const listeners = httpServer.listeners(event);
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

/** Answers on the raw socket and makes sure that the socket ends, whatever the client does. */
function endUpgrade(socket: Duplex, answer: string, clock: Clock): void {
  const cancel = clock.after(LINGER_MS, () => socket.destroy());
  socket.once('close', cancel);
  // Reads and drops what the client still sends: unread, it would turn our answer into a reset.
  socket.resume();
  socket.end(answer);
}

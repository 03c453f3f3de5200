// The Socket.IO connection: it sends commands and receives acks and events.
// @ts-check
import { io } from '/socket.io.esm.min.js';
import { failure } from './answer.js';
import { closingText } from './text.js';

const PROTOCOL = '1';
const ANSWER_TIMEOUT_MS = 8_000;

/** @typedef {import('./answer.js').Problem} Problem */
/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('/socket.io.esm.min.js').Socket} Socket */
/** @typedef {Error & { data?: Problem }} ConnectError The error of Socket.IO for a refused handshake. */
/** @typedef {'offline' | 'connecting' | 'online' | 'reconnecting'} Status */
/** @typedef {'sent' | 'ack' | 'event' | 'note'} Direction */
/**
 * @typedef {object} Listener
 * @property {(status: Status) => void} onStatus
 * @property {() => void} onOnline Called for each connection: joins the room again before anything else is sent.
 * @property {(name: string, payload: any) => void} onEvent
 * @property {(problem: Problem) => void} onProblem
 * @property {(direction: Direction, name: string, content: unknown) => void} onTraffic
 */

export class Connection {
  /** @type {Socket | null} */
  #socket = null;
  #listener;
  #token = '';
  /** The event with which the server announced the end of the connection (CONN-6). */
  #closing = /** @type {{ reconnect: 'now' | 'after' | 'never', afterMs?: number } | null} */ (null);

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  get isOnline() {
    return this.#socket?.connected === true;
  }

  /** @param {string} token */
  open(token) {
    this.close();
    this.#token = token;
    this.#listener.onStatus('connecting');
    const socket = io({
      transports: ['websocket'],
      // A busy room needs a third of the bytes (CONN-9).
      query: { deflate: '1' },
      auth: (/** @type {(auth: object) => void} */ give) => give({ token: this.#token, protocol: PROTOCOL }),
      forceNew: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
    });
    this.#socket = socket;
    socket.on('connect', () => this.#onConnect(socket));
    socket.on('connect_error', (error) => this.#onConnectError(socket, error));
    socket.on('disconnect', (reason) => this.#onDisconnect(socket, reason));
    socket.onAny((name, payload) => this.#onEvent(socket, name, payload));
  }

  /**
   * Later connections use this token.
   * @param {string} token
   */
  keep(token) {
    this.#token = token;
  }

  close() {
    const socket = this.#socket;
    this.#socket = null;
    this.#closing = null;
    if (!socket) return;
    socket.off();
    socket.offAny();
    socket.disconnect();
    this.#listener.onStatus('offline');
  }

  /** Cuts the connection like a dead network; Socket.IO then connects again by itself. For trying out the grace. */
  drop() {
    this.#socket?.io.engine.close();
  }

  /**
   * Sends one command; `receive` is called at the moment of the ack, before any later event.
   * @param {string} name
   * @param {object} payload
   * @param {(answer: Answer) => void} receive
   */
  ask(name, payload, receive) {
    const { onTraffic } = this.#listener;
    const socket = this.#socket;
    // Nothing is buffered: a buffered command would be sent before the room is joined again.
    if (!socket?.connected) return receive(failure('NOT_CONNECTED', 'There is no connection at the moment.'));
    onTraffic('sent', name, payload);
    socket
      .timeout(ANSWER_TIMEOUT_MS)
      .emit(name, payload, (/** @type {Error | null} */ silence, /** @type {Answer} */ answer) => {
        const received = silence
          ? failure('NO_ANSWER', 'The server did not answer; the outcome is not known.')
          : answer;
        onTraffic('ack', name, received);
        receive(received);
      });
  }

  /** @param {Socket} socket */
  #onConnect(socket) {
    this.#closing = null;
    socket.io.reconnectionDelay(500);
    this.#listener.onStatus('online');
    this.#listener.onOnline();
  }

  /**
   * @param {Socket} socket
   * @param {ConnectError} error
   */
  #onConnectError(socket, error) {
    // Refused for good: the error object is in `data`, and Socket.IO does not try again (CONN-3).
    const isFinal = !socket.active;
    this.#listener.onTraffic('note', 'connect_error', error.data ?? { message: error.message, willRetry: !isFinal });
    if (isFinal) this.#listener.onProblem(error.data ?? { code: 'CONNECT_ERROR', message: error.message });
    this.#listener.onStatus(isFinal ? 'offline' : 'reconnecting');
  }

  /**
   * @param {Socket} socket
   * @param {string} reason
   */
  #onDisconnect(socket, reason) {
    this.#listener.onTraffic('note', 'disconnect', { reason });
    const mayReturn = this.#closing?.reconnect !== 'never';
    this.#listener.onStatus(mayReturn ? 'reconnecting' : 'offline');
    if (!mayReturn) {
      socket.disconnect();
      return;
    }
    // Socket.IO does not connect again when the server ended the socket, even if `session:closing` asked for it.
    if (socket.active) return;
    if (this.#closing) setTimeout(() => this.#socket?.connect(), this.#closing.afterMs ?? 0);
    else this.#listener.onStatus('offline');
  }

  /**
   * @param {Socket} socket
   * @param {string} name
   * @param {any} payload
   */
  #onEvent(socket, name, payload) {
    this.#listener.onTraffic('event', name, payload);
    if (name === 'session:closing') {
      this.#closing = payload;
      if (payload.afterMs > 0) socket.io.reconnectionDelay(payload.afterMs);
      this.#listener.onProblem({ code: payload.code, message: closingText(payload) });
    }
    this.#listener.onEvent(name, payload);
  }
}

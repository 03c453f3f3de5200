// A full client, an ordinary socket.io-client: creates or enters the room, sends, and measures what it receives.
import { io, type Socket } from 'socket.io-client';
import { findMarks } from '../chat-text.ts';
import { monotonicMs, pauseMs } from '../monotonic.ts';
import type { Histogram } from './histogram.ts';
import type { Address } from './raw-connection.ts';
import { signToken } from './token.ts';

const TRIES_MAX = 20;
const REFUSED_PAUSE_MS = 300;

export interface ObserverOptions {
  readonly server: Address;
  readonly userId: string;
  readonly secret: string;
  readonly deflate: boolean;
  /** Receives the times from sending to arrival, in milliseconds. */
  readonly latencies: Histogram;
}

interface Answer {
  readonly ok: boolean;
  /** `shown: false`: accepted, but not shown to anybody (MSG-7). */
  readonly data?: { readonly shown?: boolean };
  readonly error?: unknown;
}

const ANSWER_MAX_MS = 20_000;

export class Observer {
  readonly #socket: Socket;
  readonly #latencies: Histogram;
  #expected = { from: 0, count: 0 };
  #received = new Map<number, number>();

  constructor({ server, userId, secret, deflate, latencies }: ObserverOptions) {
    this.#latencies = latencies;
    const options = {
      transports: ['websocket'],
      auth: { token: signToken({ userId, secret }), protocol: '1', userId },
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      // In Node the client passes this to ws, which offers compression unless it is switched off.
      perMessageDeflate: deflate ? { threshold: 1_024 } : false,
      ...(deflate ? { query: { deflate: '1' } } : {}),
    };
    this.#socket = io(`http://${server.host}:${server.port}`, options as Parameters<typeof io>[1]);
    this.#socket.on('room:messages', (packet: object) => this.#receive(packet));
  }

  /** A busy server is asked again, as Socket.IO would by itself. */
  async connect(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const error = await this.#connectOnce().then(
        () => null,
        (reason: Error) => reason,
      );
      if (error === null) return;
      if ('data' in error || tries === TRIES_MAX) throw error;
      await pauseMs(REFUSED_PAUSE_MS);
    }
  }

  async #connectOnce(): Promise<void> {
    const outcome = new Promise<void>((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('connect_error', reject);
    });
    this.#socket.connect();
    await outcome;
  }

  /** Rejects when the command is refused or not answered. */
  async do(name: string, payload: object): Promise<void> {
    const answer = (await this.#socket.timeout(ANSWER_MAX_MS).emitWithAck(name, payload)) as Answer;
    if (!answer.ok) throw new Error(`${name} was refused: ${JSON.stringify(answer.error)}`);
  }

  /** Sends without waiting for the answer; `onRefused` is called without an answer or with a refusal. */
  send(name: string, payload: object, onRefused: (reason: string) => void): void {
    this.#socket.timeout(ANSWER_MAX_MS).emit(name, payload, (silence: Error | null, answer?: Answer) => {
      if (silence || !answer?.ok) onRefused(silence?.message ?? JSON.stringify(answer?.error));
      else if (answer.data?.shown === false)
        onRefused('it was accepted and not shown: more than the cap on chat (MSG-7)');
    });
  }

  /** From now on only these events count. */
  expect(from: number, count: number): void {
    this.#expected = { from, count };
    this.#received = new Map();
  }

  /** How many of the expected events have arrived, and how many arrived again. */
  tally(): { readonly delivered: number; readonly doubled: number } {
    const doubled = [...this.#received.values()].reduce((sum, times) => sum + times - 1, 0);
    return { delivered: this.#received.size, doubled };
  }

  close(): void {
    this.#socket.disconnect();
  }

  #receive(packet: object): void {
    const nowMs = monotonicMs();
    const { from, count } = this.#expected;
    for (const { seq, sentAtMs } of findMarks(JSON.stringify(packet))) {
      if (seq < from || seq >= from + count) continue;
      const times = this.#received.get(seq) ?? 0;
      this.#received.set(seq, times + 1);
      if (times === 0) this.#latencies.add(nowMs - sentAtMs);
    }
  }
}

// One connection for commands: every call has a deadline, and the number of calls that wait for replies is bounded.
import type { Redis } from 'ioredis';
import type { Clock } from '../ops/clock.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../store/store-errors.ts';
import { WriteCoalescing } from './write-coalescing.ts';

/** Two tries of a command fit into the 2 s within which a client gets an answer (ACK-4). */
export const DEADLINE_MS = 900;
/**
 * How many calls may wait for replies, also those whose callers have given up. Without a limit a link that hangs would
 * make memory grow with the load. A healthy server answers within milliseconds, so not even a tenth of it is reached.
 */
export const CALLS_MAX = 4_096;

export class CommandLink {
  readonly redis: Redis;
  readonly #clock: Clock;
  readonly #writes: WriteCoalescing;
  #calls = 0;

  constructor(redis: Redis, clock: Clock) {
    this.redis = redis;
    this.#clock = clock;
    this.#writes = new WriteCoalescing(redis, clock);
  }

  get isReady(): boolean {
    return this.redis.status === 'ready';
  }

  /**
   * Throws StoreUnavailableError when the command was not sent, and OutcomeUnknownError when no reply came in time. An
   * error reply of the server (ReplyError) is thrown as it is. A reply that comes too late is dropped.
   */
  call<Reply>(command: (redis: Redis) => Promise<Reply>, deadlineMs: number): Promise<Reply> {
    const { status } = this.redis;
    if (status !== 'ready') return Promise.reject(new StoreUnavailableError(`redis is ${status}`));
    if (this.#calls >= CALLS_MAX) return Promise.reject(new StoreUnavailableError('redis is behind with its replies'));
    return new Promise((resolve, reject) => {
      this.#writes.gather();
      this.#calls += 1;
      const cancel = this.#clock.after(deadlineMs, () =>
        reject(new OutcomeUnknownError(`redis did not answer within ${deadlineMs} ms`)),
      );
      command(this.redis)
        .then(resolve, (error: unknown) => reject(failureOf(error as Error)))
        .finally(() => {
          this.#calls -= 1;
          cancel();
        });
    });
  }
}

function failureOf(error: Error): Error {
  // A bug of ours must not look like an outage of the store.
  if (error instanceof TypeError || error instanceof ReferenceError) return error;
  if (error.name === 'ReplyError') return error;
  if (error.message.includes('enableOfflineQueue')) return new StoreUnavailableError(error.message);
  return new OutcomeUnknownError(error.message);
}

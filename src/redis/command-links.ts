// Contract: sends a command to the server that has its key. With the engine for one server: Standalone and Sentinel.
import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../store/store-errors.ts';
import type { CommandLink } from './command-link.ts';

/** A request to a server. It may be sent to another server again if the first refused it. */
export type RedisCommand<Reply> = (redis: Redis) => Promise<Reply>;

export interface CommandLinks {
  /** Makes a script known under that name on all connections, those to come as well. */
  define(name: string, lua: string): void;
  /**
   * Carries out a command at the server that has `key`. Throws StoreUnavailableError when nothing was done,
   * OutcomeUnknownError when something may have been done, and the server's refusals (ReplyError) as they are.
   */
  call<Reply>(key: string, command: RedisCommand<Reply>, deadlineMs: number): Promise<Reply>;
  /** The connections to all servers that take writes, as far as they are known. */
  masters(): readonly CommandLink[];
}

/** One server at a time. */
export class SingleCommandLink implements CommandLinks {
  readonly #link: CommandLink;

  constructor(link: CommandLink) {
    this.#link = link;
  }

  define(name: string, lua: string): void {
    this.#link.redis.defineCommand(name, { lua });
  }

  call<Reply>(_key: string, command: RedisCommand<Reply>, deadlineMs: number): Promise<Reply> {
    return this.#link.call(command, deadlineMs);
  }

  masters(): readonly CommandLink[] {
    return [this.#link];
  }
}

/** Refusals that hold for a while and say that nothing was done. */
const temporaryRefusal = /\b(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|OOM|BUSY|NOREPLICAS|MISCONF)\b/;

/** Throws the error that callers of the store get. A command that Redis refused (ReplyError) did nothing. */
export function throwStoreFailure(error: unknown): never {
  const { name, message } = error as Error;
  throw name === 'ReplyError' && temporaryRefusal.test(message) ? new StoreUnavailableError(message) : error;
}

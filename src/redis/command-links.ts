// Contract: the way of a command to the server that has its key; and the one server of Standalone and Sentinel.
import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../store/store-errors.ts';
import type { CommandLink } from './command-link.ts';

/** What is asked of a server. It may be asked of another one again, when the first did not do it. */
export type Command<Reply> = (redis: Redis) => Promise<Reply>;

export interface CommandLinks {
  /** Makes a script known under that name on all connections, those to come as well. */
  define(name: string, lua: string): void;
  /**
   * Carries a command out where `key` is. Throws StoreUnavailableError when nothing was done, OutcomeUnknownError when
   * something may have been, and the server's refusals (ReplyError) as they are.
   */
  call<Reply>(key: string, command: Command<Reply>, deadlineMs: number): Promise<Reply>;
  /** The connections to all servers that take writes, as far as they are known. */
  masters(): readonly CommandLink[];
}

/** One server at a time, wherever it is. */
export class SingleCommandLink implements CommandLinks {
  readonly #link: CommandLink;

  constructor(link: CommandLink) {
    this.#link = link;
  }

  define(name: string, lua: string): void {
    this.#link.redis.defineCommand(name, { lua });
  }

  call<Reply>(_key: string, command: Command<Reply>, deadlineMs: number): Promise<Reply> {
    return this.#link.call(command, deadlineMs);
  }

  masters(): readonly CommandLink[] {
    return [this.#link];
  }
}

/** Refusals that hold for a while and say that nothing was done. */
const passing = /\b(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|OOM|BUSY|NOREPLICAS|MISCONF)\b/;

/** What the store's callers are told of a failure: what Redis itself answers (ReplyError) did not happen half-way. */
export function storeFailure(error: unknown): Error {
  const { name, message } = error as Error;
  return name === 'ReplyError' && passing.test(message) ? new StoreUnavailableError(message) : (error as Error);
}

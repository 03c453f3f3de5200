// Runs the Lua scripts and turns the driver's failures into the store's two. No retries, no policy, no keys.
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { OutcomeUnknownError, StoreUnavailableError } from '../store/store-errors.ts';
import { GatheredWrites } from './gathered-writes.ts';
import type { StoreClock } from './store-clock.ts';

const roomScripts = [
  'create-room',
  'commit-room',
  'read-room',
  'move-members',
  'keep-room',
  'count-attempt',
  'say-room',
  'delete-message',
  'signal-room',
] as const;
const directoryScripts = ['announce-directory', 'remove-directory', 'list-directory', 'claim-directory'] as const;
const accountScripts = ['admit-session', 'list-revocation', 'revoke-user'] as const;
const leaseScripts = ['renew-lease', 'hold-rooms', 'survey-leases', 'tended-room', 'resign-lease'] as const;
const scriptNames = [...roomScripts, ...directoryScripts, ...accountScripts, ...leaseScripts];
export type ScriptName = (typeof scriptNames)[number];

/** A script's outcome and what came with it, as texts; the store's time has been taken out. */
export interface ScriptReply {
  readonly outcome: string;
  readonly values: readonly string[];
}

export class RedisScripts {
  readonly #redis: Redis;
  readonly #clock: StoreClock;
  readonly #writes: GatheredWrites;

  constructor(redis: Redis, clock: StoreClock) {
    this.#redis = redis;
    this.#clock = clock;
    this.#writes = new GatheredWrites(redis);
    const prelude = luaText('prelude');
    const directory = prelude + luaText('directory');
    const isOfDirectory = (name: ScriptName) => directoryScripts.some((one) => one === name);
    for (const name of scriptNames) {
      redis.defineCommand(name, { lua: (isOfDirectory(name) ? directory : prelude) + luaText(name) });
    }
  }

  /** Throws StoreUnavailableError when the script was not sent, OutcomeUnknownError when its reply did not come. */
  async run(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<ScriptReply> {
    const reply = await this.#call((redis) => commandOf(redis, name)(keys.length, ...keys, ...args));
    const [outcome, time, ...values] = reply as [string, number, ...(string | number)[]];
    this.#clock.hear(time);
    return { outcome, values: values.map(String) };
  }

  /** Runs a script that only reads: without a reply nothing has happened, so the store was just not there. */
  read(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<ScriptReply> {
    return this.run(name, keys, args).catch(unavailable);
  }

  /** The same for plain commands, which read or may be repeated. */
  send<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply> {
    return this.#call(command).catch(unavailable);
  }

  async #call<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply> {
    if (this.#redis.status !== 'ready') throw new StoreUnavailableError(`redis is ${this.#redis.status}`);
    try {
      this.#writes.gather();
      return await command(this.#redis);
    } catch (error) {
      throw translated(error);
    }
  }
}

function unavailable(error: unknown): never {
  throw error instanceof OutcomeUnknownError ? new StoreUnavailableError(error.message) : error;
}

const luaText = (name: string): string => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');

type Call = (...args: (string | number)[]) => Promise<unknown>;
/** defineCommand adds methods under the scripts' names, which the driver's types cannot know. */
const commandOf = (redis: Redis, name: ScriptName): Call =>
  (redis as unknown as Record<ScriptName, Call>)[name].bind(redis) as Call;

/** What Redis itself answers (ReplyError) did not happen half-way; anything else may have happened. */
function translated(error: unknown): Error {
  const { name, message } = error as Error;
  // A fault in our own code is not the store's: it must not look like an outage.
  if (error instanceof TypeError || error instanceof ReferenceError) return error;
  if (name === 'ReplyError') {
    if (/\b(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|BUSY|NOREPLICAS|MISCONF)\b/.test(message)) {
      return new StoreUnavailableError(message);
    }
    return error as Error;
  }
  if (message.includes('enableOfflineQueue')) return new StoreUnavailableError(message);
  return new OutcomeUnknownError(message);
}

// Runs the Lua scripts, and turns the driver's failures into those of the store. Retries nothing but a stale write.
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { BugError, must } from '../lang/assert.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../store/store-errors.ts';
import { DEADLINE_MS } from './command-link.ts';
import { type CommandLinks, type RedisCommand, throwStoreFailure } from './command-links.ts';
import { constantsIn } from './script-constants.ts';
import type { StoreClock } from './store-clock.ts';

/** The scripts by family. A family shares keys, and the Lua file of its name; `single` ones share nothing. */
const families = {
  room: [
    'create-room',
    'commit-room',
    'read-room',
    'keep-room',
    'recover-room',
    'move-members',
    'read-sanctions',
    'write-messages',
    'delete-message',
    'signal-room',
  ],
  directory: ['announce-directory', 'remove-directory', 'list-directory', 'claim-directory'],
  lease: [
    'renew-lease',
    'resign-lease',
    'hold-rooms',
    'list-rooms',
    'holders-of-room',
    'claim-orphans',
    'survey-leases',
    'reaped-room',
  ],
  single: ['admit-session', 'list-revocation', 'revoke-user', 'count-attempt'],
} as const;
export type ScriptName = (typeof families)[keyof typeof families][number];
export type ScriptArguments = readonly (string | number)[];

/** A script's outcome and what came with it, as texts; the store's time has been taken out. */
export interface ScriptReply {
  readonly outcome: string;
  readonly values: readonly string[];
}

/** The outcome of a write that was on its way for too long: the script did nothing. */
export const STALE_WRITE = 'stale_write';

interface RedisScriptsDeps {
  readonly links: CommandLinks;
  readonly clock: StoreClock;
  /** The command that publishes on the feed of a room; scripts know it as PUBLISH. */
  readonly publish: 'PUBLISH' | 'SPUBLISH';
}

export class RedisScripts {
  readonly #links: CommandLinks;
  readonly #clock: StoreClock;

  constructor({ links, clock, publish }: RedisScriptsDeps) {
    this.#links = links;
    this.#clock = clock;
    for (const [family, names] of Object.entries(families)) {
      const shared = luaText('prelude') + (family === 'single' ? '' : luaText(family));
      for (const name of names) {
        const lua = shared + luaText(name);
        links.define(name, `local PUBLISH = '${publish}'\n${constantsIn(lua)}${lua}`);
      }
    }
  }

  /**
   * Throws StoreUnavailableError when nothing was done, OutcomeUnknownError when no reply came in time: by default as
   * long as a client's command can wait.
   */
  async run(
    name: ScriptName,
    keys: readonly string[],
    args: ScriptArguments,
    { deadlineMs = DEADLINE_MS } = {},
  ): Promise<ScriptReply> {
    const key = must(keys[0], 'a script without a key has no place');
    const reply = await this.#call(key, (redis) => commandOf(redis, name)(keys.length, ...keys, ...args), deadlineMs);
    const [outcome, time, ...values] = reply as [string, number, ...(string | number)[]];
    this.#clock.observe(time);
    return { outcome, values: values.map(String) };
  }

  /**
   * Runs a script whose first argument is the store's time as this node knows it; `args` come behind it. A node whose
   * idea of that time is wrong is refused once: the refusal brings the right time, so the second try is not stale.
   */
  async runTimed(name: ScriptName, keys: readonly string[], args: ScriptArguments): Promise<ScriptReply> {
    for (let tries = 0; tries < 2; tries++) {
      const reply = await this.run(name, keys, [this.#clock.now(), ...args]);
      if (reply.outcome !== STALE_WRITE) return reply;
    }
    throw new BugError(`${name} was refused twice as a stale write: the store's clock jumps`);
  }

  /** Runs a script that only reads. Without a reply nothing has happened, so it throws StoreUnavailableError. */
  read(name: ScriptName, keys: readonly string[], args: ScriptArguments): Promise<ScriptReply> {
    return this.run(name, keys, args).catch(unavailable);
  }

  /** The same for a plain command that only reads or may be repeated. It gets `key`, which says where to run it. */
  send<Reply>(key: string, command: (redis: Redis, key: string) => Promise<Reply>): Promise<Reply> {
    return this.#call(key, (redis) => command(redis, key), DEADLINE_MS).catch(unavailable);
  }

  #call<Reply>(key: string, command: RedisCommand<Reply>, deadlineMs: number): Promise<Reply> {
    return this.#links.call(key, command, deadlineMs).catch(throwStoreFailure);
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

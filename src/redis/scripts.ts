// Runs the Lua scripts and turns the driver's failures into the store's two. No retries, no policy, no keys.
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { must } from '../lang/assert.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../store/store-errors.ts';
import { DEADLINE_MS } from './command-link.ts';
import { type Command, type CommandLinks, storeFailure } from './command-links.ts';
import type { StoreClock } from './store-clock.ts';

const roomScripts = [
  'create-room',
  'commit-room',
  'read-room',
  'move-members',
  'keep-room',
  'recover-room',
  'read-sanctions',
  'count-attempt',
  'write-messages',
  'delete-message',
  'signal-room',
] as const;
const directoryScripts = ['announce-directory', 'remove-directory', 'list-directory', 'claim-directory'] as const;
const accountScripts = ['admit-session', 'list-revocation', 'revoke-user'] as const;
const leaseScripts = [
  'renew-lease',
  'hold-rooms',
  'list-rooms',
  'holders-of-room',
  'claim-orphans',
  'survey-leases',
  'reaped-room',
  'resign-lease',
] as const;
const scriptNames = [...roomScripts, ...directoryScripts, ...accountScripts, ...leaseScripts];
export type ScriptName = (typeof scriptNames)[number];

/** A script's outcome and what came with it, as texts; the store's time has been taken out. */
export interface ScriptReply {
  readonly outcome: string;
  readonly values: readonly string[];
}

interface RedisScriptsDeps {
  readonly links: CommandLinks;
  readonly clock: StoreClock;
  /** How the feed of a room is told of something; scripts find it as PUBLISH. */
  readonly publish: 'PUBLISH' | 'SPUBLISH';
}

interface CallOptions {
  /** How long the reply is waited for; without: as long as a client's command can (DEADLINE_MS). */
  readonly deadlineMs?: number;
}

export class RedisScripts {
  readonly #links: CommandLinks;
  readonly #clock: StoreClock;

  constructor({ links, clock, publish }: RedisScriptsDeps) {
    this.#links = links;
    this.#clock = clock;
    const prelude = `local PUBLISH = '${publish}'\n${luaText('prelude')}`;
    const directory = prelude + luaText('directory');
    const isOfDirectory = (name: ScriptName) => directoryScripts.some((one) => one === name);
    for (const name of scriptNames) {
      links.define(name, (isOfDirectory(name) ? directory : prelude) + luaText(name));
    }
  }

  /** Throws StoreUnavailableError when nothing was done, OutcomeUnknownError when no reply came in time. */
  async run(
    name: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
    options: CallOptions = {},
  ): Promise<ScriptReply> {
    const key = must(keys[0], 'a script without a key has no place');
    const reply = await this.#call(key, (redis) => commandOf(redis, name)(keys.length, ...keys, ...args), options);
    const [outcome, time, ...values] = reply as [string, number, ...(string | number)[]];
    this.#clock.observe(time);
    return { outcome, values: values.map(String) };
  }

  /** Runs a script that only reads: without a reply nothing has happened, so the store was just not there. */
  read(
    name: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
    options: CallOptions = {},
  ): Promise<ScriptReply> {
    return this.run(name, keys, args, options).catch(unavailable);
  }

  /** The same for plain commands, which read or may be repeated; they are given the key that says where. */
  send<Reply>(
    key: string,
    command: (redis: Redis, key: string) => Promise<Reply>,
    options: CallOptions = {},
  ): Promise<Reply> {
    return this.#call(key, (redis) => command(redis, key), options).catch(unavailable);
  }

  #call<Reply>(key: string, command: Command<Reply>, { deadlineMs = DEADLINE_MS }: CallOptions): Promise<Reply> {
    return this.#links.call(key, command, deadlineMs).catch((error: unknown) => {
      throw storeFailure(error);
    });
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

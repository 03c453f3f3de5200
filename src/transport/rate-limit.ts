// How much a client may ask: commands per connection, chat per user (LIMIT-1…3). Must not know what a command does.
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { SessionId, UserId } from '../protocol/ids.ts';

/** A room that is entered, or a page that is rebuilt, asks for much at once: three seconds' worth. */
const COMMAND_BURST = 3;
/** A thought is typed in a few lines, then read by others. */
const CHAT_BURST = 5;
/** What a burst takes beyond the rate is given back after this. */
const BURST_WINDOW_S = 10;
/** Refusing costs, too: whoever is refused ten bursts' worth within a window is shown the door. */
const FLOOD_BURSTS = 10;

/** What a limit says: go on, wait so long, or (`flood`) do not bother to answer any more. */
export type Verdict =
  | { readonly status: 'passed' }
  | { readonly status: 'limited'; readonly retryAfterMs: number }
  | { readonly status: 'flood' };

const PASSED: Verdict = { status: 'passed' };

/** A rate with bursts: so many in a second, and (`burst` − 1) times as many more in a window. */
class Rate {
  readonly #steady: RateLimiterMemory;
  readonly #extra: RateLimiterMemory;
  readonly #both: BurstyRateLimiter;

  constructor(perSecond: number, burst: number) {
    // A rate below one a second is one in a longer time.
    const duration = Math.max(1, 1 / perSecond);
    const points = Math.max(1, Math.floor(perSecond * duration));
    this.#steady = new RateLimiterMemory({ points, duration });
    this.#extra = new RateLimiterMemory({ points: points * (burst - 1), duration: duration * BURST_WINDOW_S });
    this.#both = new BurstyRateLimiter(this.#steady, this.#extra);
  }

  async ask(key: string): Promise<Verdict> {
    try {
      await this.#both.consume(key);
      return PASSED;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return { status: 'limited', retryAfterMs: Math.max(1, Math.ceil(refusal.msBeforeNext)) };
    }
  }

  async forget(key: string): Promise<void> {
    await Promise.all([this.#steady.delete(key), this.#extra.delete(key)]);
  }
}

export class CommandLimits {
  readonly #commands: Rate;
  readonly #chat: Rate;
  readonly #refusals: RateLimiterMemory;

  constructor({ commandsPerSecond, chatPerSecond }: { commandsPerSecond: number; chatPerSecond: number }) {
    this.#commands = new Rate(commandsPerSecond, COMMAND_BURST);
    this.#chat = new Rate(chatPerSecond, CHAT_BURST);
    const points = Math.ceil(commandsPerSecond * COMMAND_BURST * FLOOD_BURSTS);
    this.#refusals = new RateLimiterMemory({ points, duration: BURST_WINDOW_S });
  }

  /** Counts one event of that connection, whether it is a command or not. */
  async command(sessionId: SessionId): Promise<Verdict> {
    const verdict = await this.#commands.ask(sessionId);
    if (verdict.status === 'passed') return verdict;
    return this.#refusals.consume(sessionId).then(
      () => verdict,
      (refusal: unknown) => {
        if (refusal instanceof RateLimiterRes) return { status: 'flood' };
        throw refusal;
      },
    );
  }

  /** Counts a command of that user, on whichever connection of this node, if it is chat. */
  async chat(userId: UserId, command: Spoken): Promise<Verdict> {
    return isChat(command) ? this.#chat.ask(userId) : PASSED;
  }

  /** The connection has ended. What is kept of users goes by itself when its window ends. */
  async forget(sessionId: SessionId): Promise<void> {
    await Promise.all([this.#commands.forget(sessionId), this.#refusals.delete(sessionId)]);
  }
}

interface Spoken {
  readonly name: string;
  readonly payload: object;
}

/** Chat, gifts and custom messages are read one by one; reactions are summed and count as commands only. */
export const isChat = ({ name, payload }: Spoken): boolean =>
  name === 'message:send' && 'kind' in payload && payload.kind !== 'reaction';

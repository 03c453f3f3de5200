// Rate limits: commands for each connection, chat for each user (LIMIT-1…3).
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { SessionId, UserId } from '../protocol/ids.ts';

/** Entering a room, or building a page, takes many commands at once: those of three seconds (LIMIT-1). */
const COMMAND_BURST = 3;
/** A thought is typed in a few messages, then others answer (LIMIT-3). */
const CHAT_BURST = 5;
/** After this a full burst is allowed again: long enough that bursts cannot become the rate (LIMIT-1, LIMIT-3). */
const BURST_WINDOW_S = 10;
/** Refusals cost as well: after ten bursts of refusals within a window the connection ends (LIMIT-2). */
const FLOOD_BURSTS = 10;

/** `passed`: go on. `limited`: refuse, with the time to wait. `flood`: end the connection without an answer. */
export type Verdict =
  | { readonly status: 'passed' }
  | { readonly status: 'limited'; readonly retryAfterMs: number }
  | { readonly status: 'flood' };

const PASSED: Verdict = { status: 'passed' };

async function consume(limiter: RateLimiterMemory | BurstyRateLimiter, key: string): Promise<Verdict> {
  try {
    await limiter.consume(key);
    return PASSED;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return { status: 'limited', retryAfterMs: Math.max(1, Math.ceil(refusal.msBeforeNext)) };
  }
}

/** A rate with bursts: `perSecond` each second, and (`burst` − 1) times as many more in each window. */
class BurstLimit {
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

  take(key: string): Promise<Verdict> {
    return consume(this.#both, key);
  }

  async forget(key: string): Promise<void> {
    await Promise.all([this.#steady.delete(key), this.#extra.delete(key)]);
  }
}

export class CommandLimits {
  readonly #commands: BurstLimit;
  readonly #chat: BurstLimit;
  readonly #refusals: RateLimiterMemory;

  constructor({ commandsPerSecond, chatPerSecond }: { commandsPerSecond: number; chatPerSecond: number }) {
    this.#commands = new BurstLimit(commandsPerSecond, COMMAND_BURST);
    this.#chat = new BurstLimit(chatPerSecond, CHAT_BURST);
    const points = Math.ceil(commandsPerSecond * COMMAND_BURST * FLOOD_BURSTS);
    this.#refusals = new RateLimiterMemory({ points, duration: BURST_WINDOW_S });
  }

  /** Counts one event of that connection, whether it is a command or not. */
  async command(sessionId: SessionId): Promise<Verdict> {
    const verdict = await this.#commands.take(sessionId);
    if (verdict.status === 'passed') return verdict;
    const { status } = await consume(this.#refusals, sessionId);
    return status === 'passed' ? verdict : { status: 'flood' };
  }

  /** Counts a command of that user if it is chat, on all their connections to this node together. */
  async chat(userId: UserId, command: Parameters<typeof isChat>[0]): Promise<Verdict> {
    return isChat(command) ? this.#chat.take(userId) : PASSED;
  }

  /** The connection has ended. The counts of users disappear by themselves when their windows end. */
  async forget(sessionId: SessionId): Promise<void> {
    await Promise.all([this.#commands.forget(sessionId), this.#refusals.delete(sessionId)]);
  }
}

/** Members read chat, gifts and custom messages one by one. Reactions are summed, so they count as commands only. */
export const isChat = ({ name, payload }: { readonly name: string; readonly payload: object }): boolean =>
  name === 'message:send' && 'kind' in payload && payload.kind !== 'reaction';

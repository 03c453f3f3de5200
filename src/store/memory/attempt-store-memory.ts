// Memory engine of the password attempts.
import type { Clock } from '../../ops/clock.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import { ATTEMPTS_MAX, type AttemptResult, type AttemptStore, LOCKOUT_MS } from '../attempt-store.ts';

export class MemoryAttemptStore implements AttemptStore {
  readonly #attempts = new Map<string, { count: number; expiresAt: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async attempt(roomId: RoomId, userId: UserId): Promise<AttemptResult> {
    const now = this.#clock.now();
    for (const [key, { expiresAt }] of this.#attempts) if (expiresAt <= now) this.#attempts.delete(key);
    const key = nameOf(roomId, userId);
    const { count, expiresAt } = this.#attempts.get(key) ?? { count: 0, expiresAt: 0 };
    if (count >= ATTEMPTS_MAX) return { status: 'locked', retryAfterMs: expiresAt - now };
    this.#attempts.set(key, { count: count + 1, expiresAt: now + LOCKOUT_MS });
    return { status: 'allowed' };
  }

  async forgive(roomId: RoomId, userId: UserId): Promise<void> {
    this.#attempts.delete(nameOf(roomId, userId));
  }

  /** How many pairs of user and room are remembered. */
  get size(): number {
    return this.#attempts.size;
  }
}

const nameOf = (roomId: RoomId, userId: UserId): string => `${roomId}:${userId}`;

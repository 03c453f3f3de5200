// Who reads more slowly than a room speaks: how much he is still told, and when he is shown all anew (MSG-2). Must not know
// what is said.
import type { CancelTimer, Clock } from '../ops/clock.ts';
import type { BacklogLevel } from './broadcast.ts';
import type { Connection } from './connections.ts';

/** Who is so many bytes behind hears no reactions, then nothing but the stage, and at last nothing more at all (MSG-2). */
export const BACKLOG_NO_REACTIONS_BYTES = 64 * 1024;
export const BACKLOG_STAGE_ONLY_BYTES = 256 * 1024;
export const BACKLOG_MAX_BYTES = 1024 * 1024;

/** How much of what is said somebody is told who is so far behind. */
export function backlogLevelOf(backlogBytes: number): BacklogLevel {
  if (backlogBytes <= BACKLOG_NO_REACTIONS_BYTES) return 'all';
  return backlogBytes <= BACKLOG_STAGE_ONLY_BYTES ? 'noReactions' : 'stageOnly';
}

/** How often those for whom something was left out are looked at, whether or not there is something to say. */
const CHECK_INTERVAL_MS = 1_000;
/** Not more often than this is anybody shown all anew: on a thin line the snapshot itself takes its time. */
const RECOVERY_INTERVAL_MS = 30_000;

interface Reader {
  readonly connection: Connection;
}

interface SlowConsumerEvents<One> {
  /** Something was left out for him, and now he has read all that he was sent. */
  readonly onRecovered: (one: One) => void;
  /** More waits for him than may. */
  readonly onOverflow: (one: One) => void;
}

/** Those of a room for whom something was left out. */
export class SlowConsumers<One extends Reader> {
  readonly #clock: Clock;
  readonly #consequences: SlowConsumerEvents<One>;
  readonly #slow = new Set<One>();
  /** Those who were shown all anew, by when that was. */
  readonly #recoveredAt = new WeakMap<One, number>();
  #nextLook: CancelTimer | null = null;

  constructor(clock: Clock, consequences: SlowConsumerEvents<One>) {
    this.#clock = clock;
    this.#consequences = consequences;
  }

  onSkipped(one: One): void {
    this.#slow.add(one);
    this.#checkLater();
  }

  forget(one: One): void {
    this.#slow.delete(one);
  }

  close(): void {
    this.#nextLook?.();
    this.#slow.clear();
  }

  #checkLater(): void {
    this.#nextLook ??= this.#clock.after(CHECK_INTERVAL_MS, () => {
      this.#nextLook = null;
      for (const one of [...this.#slow]) this.#check(one);
      if (this.#slow.size > 0) this.#checkLater();
    });
  }

  #check(one: One): void {
    const { backlogBytes } = one.connection;
    if (backlogBytes > BACKLOG_MAX_BYTES) {
      this.#slow.delete(one);
      this.#consequences.onOverflow(one);
      return;
    }
    const now = this.#clock.monotonic();
    const before = this.#recoveredAt.get(one) ?? Number.NEGATIVE_INFINITY;
    if (backlogBytes > 0 || now - before < RECOVERY_INTERVAL_MS) return;
    this.#slow.delete(one);
    this.#recoveredAt.set(one, now);
    this.#consequences.onRecovered(one);
  }
}

// Slow consumers: clients that read more slowly than the room writes. They get less, and a snapshot later (MSG-2).
import type { Clock } from '../ops/clock.ts';
import { Timer } from '../ops/repeat.ts';
import type { BacklogLevel } from './broadcast.ts';
import type { Recipient } from './recipient.ts';

/**
 * A connection with a larger backlog gets no reactions, then only the stage, and then it ends (MSG-2): first goes what
 * members miss least. The backlog is what waits in this process; the kernel holds some 4 MB besides. 1 MiB bounds the
 * memory that one client can cost, and a client that far behind gets on sooner by reconnecting and resuming (CONN-10).
 */
export const BACKLOG_NO_REACTIONS_BYTES = 64 * 1024;
export const BACKLOG_STAGE_ONLY_BYTES = 256 * 1024;
export const BACKLOG_MAX_BYTES = 1024 * 1024;

/** What a connection with that backlog still gets. */
export function backlogLevelOf(backlogBytes: number): BacklogLevel {
  if (backlogBytes <= BACKLOG_NO_REACTIONS_BYTES) return 'all';
  return backlogBytes <= BACKLOG_STAGE_ONLY_BYTES ? 'noReactions' : 'stageOnly';
}

/** How often the slow consumers are checked, whether or not the room has broadcasts. */
const CHECK_INTERVAL_MS = 1_000;
/** A slow consumer gets a snapshot no more often than this: on a slow network the snapshot itself takes its time. */
const RECOVERY_INTERVAL_MS = 30_000;

/** The recipients of one room for which something was left out. */
export class SlowConsumers {
  readonly #clock: Clock;
  readonly #onRecovered: (consumer: Recipient) => void;
  readonly #slow = new Set<Recipient>();
  /** When each of them recovered last. */
  readonly #recoveredAt = new WeakMap<Recipient, number>();
  readonly #nextCheck: Timer;

  /** `onRecovered`: something was left out for this consumer, and now it has read all that was sent. */
  constructor(clock: Clock, onRecovered: (consumer: Recipient) => void) {
    this.#clock = clock;
    this.#onRecovered = onRecovered;
    this.#nextCheck = new Timer(clock);
  }

  /** Something was left out for it. */
  onSkipped(consumer: Recipient): void {
    this.#slow.add(consumer);
    this.#checkLater();
  }

  forget(consumer: Recipient): void {
    this.#slow.delete(consumer);
  }

  close(): void {
    this.#nextCheck.cancel();
    this.#slow.clear();
  }

  #checkLater(): void {
    this.#nextCheck.setOnce(CHECK_INTERVAL_MS, () => {
      for (const consumer of [...this.#slow]) this.#check(consumer);
      if (this.#slow.size > 0) this.#checkLater();
    });
  }

  #check(consumer: Recipient): void {
    const { backlogBytes } = consumer.connection;
    if (backlogBytes > BACKLOG_MAX_BYTES) {
      this.#slow.delete(consumer);
      consumer.overflow();
      return;
    }
    const now = this.#clock.monotonic();
    const lastRecovery = this.#recoveredAt.get(consumer) ?? Number.NEGATIVE_INFINITY;
    if (backlogBytes > 0 || now - lastRecovery < RECOVERY_INTERVAL_MS) return;
    this.#slow.delete(consumer);
    this.#recoveredAt.set(consumer, now);
    this.#onRecovered(consumer);
  }
}

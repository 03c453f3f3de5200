// A node's connection to the store: calls take time, get lost on the way there or back, or cannot be made.
import { OutcomeUnknownError, StoreUnavailableError } from '../../src/store/store-errors.ts';
import type { Dice } from './dice.ts';
import type { Host } from './host.ts';
import type { Schedule } from './schedule.ts';

/** How long a caller waits for a reply, as with the real driver (ACK-3). */
const REPLY_DEADLINE_MS = 900;
/** How long a connection may be silent before the driver gives it up; then calls fail at once (ACK-4). */
const SILENCE_MAX_MS = 2_500;

/** `silent`: what is sent is lost, and neither side knows. `refused`: nothing can be sent. */
type LinkState = 'up' | 'silent' | 'refused';

export interface Weather {
  /** The longest way in one direction, milliseconds. */
  slowestMs: number;
  /** The percentage of calls that lose their request, and of those that lose their reply. */
  lossPercent: number;
}

const calm: Weather = { slowestMs: 3, lossPercent: 0 };

interface LinkDeps {
  readonly schedule: Schedule;
  readonly host: Host;
  readonly dice: Dice;
  /** Receives the store's time with every reply. */
  readonly onReply: (storeTime: number) => void;
}

/** One call. Calls of one lane stay in order, as on one connection to one shard. */
export interface Call<Result> {
  readonly lane: string;
  readonly carryOut: () => Promise<Result>;
}

export class Link {
  readonly weather: Weather = { ...calm };
  readonly #deps: LinkDeps;
  #state: LinkState = 'up';
  /** The number of interruptions. What was on the way during one is usually lost. */
  #interruptions = 0;
  /** When the last call of each lane and direction arrives. */
  readonly #arrivals = new Map<string, number>();

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** From now on what is sent is lost; after a while the node notices. */
  cut(): void {
    if (this.#state !== 'up') return;
    this.#state = 'silent';
    this.#interruptions++;
    const interruption = this.#interruptions;
    this.#deps.schedule.in(SILENCE_MAX_MS, () => {
      if (this.#state === 'silent' && this.#interruptions === interruption) this.#state = 'refused';
    });
  }

  heal(): void {
    this.#state = 'up';
  }

  calm(): void {
    Object.assign(this.weather, calm);
  }

  /**
   * Rejects as the driver does: with OutcomeUnknownError when the call may have taken place, else with
   * StoreUnavailableError.
   */
  call<Result>({ lane, carryOut }: Call<Result>): Promise<Result> {
    if (this.#state === 'refused') return Promise.reject(new StoreUnavailableError('simulated: not connected'));
    const { host } = this.#deps;
    return new Promise((resolve, reject) => {
      const stopWaiting = host.clock.after(REPLY_DEADLINE_MS, () => {
        reject(new OutcomeUnknownError('simulated: no reply came'));
      });
      const reply = (finish: () => void) =>
        this.#travel(`${lane} back`, () => {
          if (this.#losesOne()) return;
          const storeTime = this.#deps.schedule.now;
          host.do(() => {
            stopWaiting();
            this.#deps.onReply(storeTime);
            finish();
          });
        });
      if (this.#losesOne()) return;
      this.#travel(`${lane} there`, () => {
        const replyOf = carryOut();
        replyOf.then(
          (result) => reply(() => resolve(result)),
          (error: unknown) => reply(() => reject(error)),
        );
      });
    });
  }

  #losesOne(): boolean {
    return this.#state !== 'up' || this.#deps.dice.chance(this.weather.lossPercent);
  }

  #travel(lane: string, arrive: () => void): void {
    const { schedule, dice } = this.#deps;
    const interruptions = this.#interruptions;
    const at = Math.max(schedule.now + dice.integer(1, this.weather.slowestMs + 1), this.#arrivals.get(lane) ?? 0);
    this.#arrivals.set(lane, at);
    schedule.in(at - schedule.now, () => {
      // Some calls on the way had been delivered before the link broke.
      if (interruptions === this.#interruptions || dice.chance(30)) arrive();
    });
  }
}

// The load during a fault: users take, move and leave seats, switch microphones, send and accept requests, and write.
// One seed decides everything.
import { pauseMs } from '../../bench/monotonic.ts';
import type { FaultClient } from './client.ts';

export interface LoadOptions {
  readonly seed: number;
  /** Wishes a second, all rooms together. */
  readonly rate: number;
}

/** Pseudo-random numbers that are the same for one seed. */
export function diceOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * The users of one room. The owner accepts requests. The sitters stay, so that others can see them go. The guests do
 * the rest.
 */
export interface Party {
  readonly roomId: string;
  readonly owner: FaultClient;
  readonly sitters: readonly FaultClient[];
  readonly guests: readonly FaultClient[];
}

export class Load {
  readonly #parties: readonly Party[];
  readonly #options: LoadOptions;
  readonly #dice: (below: number) => number;
  readonly #busy = new Map<FaultClient, Promise<unknown>>();
  #isOn = false;
  #loop: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(parties: readonly Party[], options: LoadOptions) {
    this.#parties = parties;
    this.#options = options;
    this.#dice = diceOf(options.seed);
  }

  start(): void {
    this.#isOn = true;
    this.#loop = this.#run();
  }

  /** Ends new wishes; resolves when the open ones have ended. */
  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#loop;
    await Promise.all(this.#busy.values());
  }

  async #run(): Promise<void> {
    while (this.#isOn) {
      this.#step();
      await pauseMs(1_000 / this.#options.rate);
    }
  }

  #step(): void {
    const party = this.#parties[this.#dice(this.#parties.length)];
    if (!party) return;
    const isOwners = this.#dice(4) === 0;
    const client = isOwners ? party.owner : this.#oneOf([...party.guests, ...party.sitters]);
    // The dice are thrown the same number of times in any case, so that a seed means the same in every run.
    const wish = isOwners
      ? this.#ownersWish(party)
      : this.#guestsWish(client, { isSitter: party.sitters.includes(client) });
    if (this.#busy.has(client) || !client.isInside) return;
    const [name, payload] = wish;
    const done = client.wish(name, payload).finally(() => this.#busy.delete(client));
    this.#busy.set(client, done);
  }

  #ownersWish({ owner, roomId }: Party): readonly [string, Readonly<Record<string, unknown>>] {
    const request = owner.view?.view.requests?.[0];
    const seat = 1 + this.#dice(8);
    const kind = this.#dice(5);
    this.#count += 1;
    if (kind < 2) return ['room:attributes', { set: { count: String(this.#count) } }];
    if (kind === 2 && request) return ['request:accept', { userId: request.userId }];
    if (kind === 3) return [this.#count % 2 === 0 ? 'seat:mute' : 'seat:unmute', { seat }];
    return this.#chat(roomId);
  }

  #guestsWish(client: FaultClient, { isSitter }: { readonly isSitter: boolean }) {
    const seat = 1 + this.#dice(8);
    const kind = this.#dice(6);
    this.#count += 1;
    if (kind === 0) return this.#chat(client.userId);
    if (isSitter || (client.seat !== null && kind < 3)) return ['mic:set', { on: this.#count % 2 === 0 }] as const;
    if (client.seat !== null) return kind === 3 ? (['seat:move', { seat }] as const) : (['seat:leave', {}] as const);
    if (client.view?.view.settings.seatMode === 'request') return ['request:send', {}] as const;
    return ['seat:take', kind < 4 ? { seat } : {}] as const;
  }

  #chat(who: string): readonly [string, Readonly<Record<string, unknown>>] {
    return ['message:send', { kind: 'chat', body: { text: `${who} says ${this.#count}` } }];
  }

  #oneOf(clients: readonly FaultClient[]): FaultClient {
    return clients[this.#dice(clients.length)] as FaultClient;
  }
}

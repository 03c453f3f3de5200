// The rooms that the store knows this node to hold, so that others look after them when it is gone. Must not know why a room
// is held.
import type { RoomId } from '../../protocol/ids.ts';
import type { LeaseStore } from '../../store/lease-store.ts';
import type { NodeLease } from './node-lease.ts';

interface RoomHoldingsDeps {
  readonly leases: LeaseStore;
  readonly lease: NodeLease;
  /** What could not be told. */
  readonly warn: (error: unknown) => void;
}

interface Holding {
  /** How many have a reason to hold it. */
  reasons: number;
  /** Resolves when the store knows. */
  told: Promise<void>;
}

export class RoomHoldings {
  readonly #deps: RoomHoldingsDeps;
  readonly #held = new Map<RoomId, Holding>();
  /** At first the store knows of no room, and not even that. */
  #isForgotten = true;
  /** All are being told: what is held meanwhile is told after it, for it may not be among them. */
  #listing: Promise<void> | null = null;

  constructor(deps: RoomHoldingsDeps) {
    this.#deps = deps;
  }

  /** Resolves when the store knows that this node holds the room; ends with as many calls of release(). */
  async hold(roomId: RoomId): Promise<void> {
    const holding = this.#held.get(roomId) ?? { reasons: 0, told: this.#register(roomId) };
    holding.reasons++;
    this.#held.set(roomId, holding);
    try {
      await holding.told;
    } catch (error) {
      this.release(roomId);
      throw error;
    }
  }

  /** Holds the room while the task runs; what it does before the store knows of that is not yet held. */
  async during<Result>(roomId: RoomId, task: (told: Promise<void>) => Promise<Result>): Promise<Result> {
    const told = this.hold(roomId);
    try {
      return await task(told);
    } finally {
      told.then(
        () => this.release(roomId),
        () => undefined,
      );
    }
  }

  async #register(roomId: RoomId): Promise<void> {
    const { leases, lease } = this.#deps;
    await lease.known();
    await this.#listing?.catch(() => undefined);
    await leases.hold(lease.id, [roomId]);
  }

  /** Whether anybody here has a reason to hold it. */
  has(roomId: RoomId): boolean {
    return this.#held.has(roomId);
  }

  /** One reason less. If the store cannot be told now, it is with the next renewal. */
  release(roomId: RoomId): void {
    const holding = this.#held.get(roomId);
    if (!holding) return;
    holding.reasons--;
    if (holding.reasons > 0) return;
    this.#held.delete(roomId);
    const { leases, lease, warn } = this.#deps;
    // Once this node has resigned the others must find what it held.
    if (!lease.isLeaseCertain) {
      this.onRegistrationLost();
      return;
    }
    leases.release(lease.id, [roomId]).catch((error: unknown) => {
      this.onRegistrationLost();
      warn(error);
    });
  }

  /** The store may not know what this node holds: with the next renewal it is told all again. */
  onRegistrationLost(): void {
    this.#isForgotten = true;
  }

  /** Tells all again if need be; throws when that fails, and is to be asked again then. */
  async refresh(): Promise<void> {
    if (!this.#isForgotten) return;
    this.#isForgotten = false;
    const { leases, lease } = this.#deps;
    this.#listing = leases.list(lease.id, [...this.#held.keys()]);
    try {
      await this.#listing;
    } catch (error) {
      this.#isForgotten = true;
      throw error;
    } finally {
      this.#listing = null;
    }
  }
}

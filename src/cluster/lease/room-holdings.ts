// The rooms that the store knows this node to hold. When this node is dead, other nodes look after these rooms.
import type { Logger } from '../../ops/logger.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { LeaseStore } from '../../store/lease-store.ts';
import type { NodeLease } from './node-lease.ts';

interface RoomHoldingsDeps {
  readonly leases: LeaseStore;
  readonly lease: NodeLease;
  readonly logger: Logger;
}

interface LocalHolding {
  holders: number;
  readonly registered: Promise<void>;
}

export class RoomHoldings {
  readonly #deps: RoomHoldingsDeps;
  readonly #holdings = new Map<RoomId, LocalHolding>();
  /** The next refresh() sends the full list. At first the store does not even know that this node holds nothing. */
  #isListDue = true;
  /** The list in flight. A room that is held meanwhile is registered after it, because the list may lack the room. */
  #listing: Promise<void> | null = null;

  constructor(deps: RoomHoldingsDeps) {
    this.#deps = deps;
  }

  /** Resolves when the store knows that this node holds the room. Each call that resolves needs one release(). */
  async hold(roomId: RoomId): Promise<void> {
    const holding = this.#holdings.get(roomId) ?? { holders: 0, registered: this.#register(roomId) };
    holding.holders++;
    this.#holdings.set(roomId, holding);
    try {
      await holding.registered;
    } catch (error) {
      this.release(roomId);
      throw error;
    }
  }

  /** Holds the room while the task runs. The task starts at once; `registered` resolves when the store knows. */
  async during<Result>(roomId: RoomId, task: (registered: Promise<void>) => Promise<Result>): Promise<Result> {
    const registered = this.hold(roomId);
    try {
      return await task(registered);
    } finally {
      registered.then(
        () => this.release(roomId),
        () => undefined,
      );
    }
  }

  async #register(roomId: RoomId): Promise<void> {
    const { leases, lease } = this.#deps;
    await lease.ensureRegistered();
    await this.#listing?.catch(() => undefined);
    await leases.hold(lease.id, [roomId]);
  }

  has(roomId: RoomId): boolean {
    return this.#holdings.has(roomId);
  }

  /** One holder less. If the store cannot be told now, the full list follows with the next renewal of the lease. */
  release(roomId: RoomId): void {
    const holding = this.#holdings.get(roomId);
    if (!holding) return;
    holding.holders--;
    if (holding.holders > 0) return;
    this.#holdings.delete(roomId);
    const { leases, lease, logger } = this.#deps;
    // After this node has resigned, the others must still find what it held.
    if (!lease.isLeaseCertain) {
      this.onRegistrationLost();
      return;
    }
    leases.release(lease.id, [roomId]).catch((error: unknown) => {
      this.onRegistrationLost();
      logger.warn({ event: 'holdings.release.retry', error }, 'The store still counts a passivated room as held.');
    });
  }

  /** The store may not know what this node holds: the next refresh() sends the full list. */
  onRegistrationLost(): void {
    this.#isListDue = true;
  }

  /** Sends the full list if it is due. Throws as the store does; the list stays due then. */
  async refresh(): Promise<void> {
    if (!this.#isListDue) return;
    this.#isListDue = false;
    const { leases, lease } = this.#deps;
    this.#listing = leases.list(lease.id, [...this.#holdings.keys()]);
    try {
      await this.#listing;
    } catch (error) {
      this.#isListDue = true;
      throw error;
    } finally {
      this.#listing = null;
    }
  }
}

// This node among the others: its lease, the rooms it is known to hold, and what follows when a node, a lease or the store's
// memory is lost (PRES-3, SYNC-4). Ties these together; does none of it.
import type { LeaseStore } from '../store/lease-store.ts';
import { Aftermath } from './aftermath.ts';
import type { Departures } from './departures.ts';
import type { HeldRoom } from './held-room.ts';
import type { HeldRooms } from './held-rooms.ts';
import type { LocalMember } from './local-members.ts';
import { NodeLease } from './node-lease.ts';
import { Reentry } from './reentry.ts';
import { Registry } from './registry.ts';
import type { RoomParts } from './room-parts.ts';
import type { Sessions } from './sessions.ts';
import { Tending } from './tending.ts';

type Parts = Pick<RoomParts, 'clock' | 'random' | 'logger'> & { readonly leases: LeaseStore };

interface Surroundings {
  readonly rooms: HeldRooms;
  readonly sessions: Sessions;
  readonly departures: Departures;
}

export class AmongNodes {
  readonly lease: NodeLease;
  readonly registry: Registry;
  readonly #leases: LeaseStore;
  #reentry: Reentry | null = null;
  #aftermath: Aftermath | null = null;

  constructor(parts: Parts) {
    const { leases, logger } = parts;
    this.#leases = leases;
    this.lease = new NodeLease(parts);
    const warn = (error: unknown) => logger.warn({ error }, 'a room that was let go of counts as held');
    this.registry = new Registry({ leases, lease: this.lease, warn });
  }

  /** From now on this node is known to the others, and looks after what they leave behind. */
  start(parts: RoomParts, around: Surroundings): void {
    const { lease, registry } = this;
    const { rooms, departures } = around;
    const reentry = new Reentry(parts, around);
    const tending = new Tending(parts, { rooms, leases: this.#leases, lease });
    this.#reentry = reentry;
    this.#aftermath = new Aftermath(parts, { departures, tending });
    lease.start({
      renewed: () => {
        rooms.contact.touched();
        return registry.refresh();
      },
      forgotten: () => {
        registry.forget();
        rooms.offerClosed();
      },
      lost: () => reentry.reenterAll(),
      tend: (room) => tending.tend(room),
    });
  }

  /** These members are connected here, and the store does not know them any more. */
  enterAgain(room: HeldRoom, members: readonly LocalMember[]): void {
    void this.#reentry?.reenter(room, members);
  }

  /** The room goes on under a new epoch. */
  beginAnew(room: HeldRoom): void {
    this.#aftermath?.begin(room);
  }

  close(): void {
    this.#aftermath?.close();
  }
}

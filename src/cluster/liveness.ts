// This node among others: its lease, what the store knows it to hold, and what follows when it, or another node, was lost.
// Ties them together; must not know commands.
import type { NodeId } from '../protocol/ids.ts';
import type { RoomParts } from '../rooms/contract/room-deps.ts';
import type { HeldRooms } from '../rooms/live/live-rooms.ts';
import type { Sessions } from '../rooms/membership/connection-rooms.ts';
import type { Departures } from '../rooms/membership/leave.ts';
import { fenceMessages, fencePresence, fenceRooms } from '../store/guarded-stores.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { ScanStore } from '../store/scan-store.ts';
import { NodeLease } from './lease/node-lease.ts';
import { Scanning } from './lease/orphan-scan.ts';
import { Registry } from './lease/room-holdings.ts';
import { Reaper } from './reaper.ts';
import { Aftermath } from './recovery-follow-up.ts';
import { Rejoin } from './rejoin.ts';
import { Vouching } from './self-fencing.ts';

interface Parts extends Pick<RoomParts, 'clock' | 'random' | 'logger'> {
  readonly leases: LeaseStore;
  readonly scans: ScanStore;
}

type Stores = Pick<RoomParts, 'store' | 'presence' | 'messages'>;

interface Surroundings {
  readonly rooms: HeldRooms;
  readonly sessions: Sessions;
  readonly departures: Departures;
}

/** What follows when the store has lost members, or a room's history. */
export interface Consequences {
  readonly rejoin: Rejoin;
  readonly aftermath: Aftermath;
}

export class Liveness {
  readonly registry: Registry;
  readonly lease: NodeLease;
  readonly #leases: LeaseStore;
  readonly #scanning: Scanning;

  constructor(parts: Parts) {
    const { leases, logger } = parts;
    this.#leases = leases;
    this.lease = new NodeLease(parts);
    const warn = (error: unknown) => logger.warn({ error }, 'a room that was let go of counts as held');
    this.#scanning = new Scanning({ ...parts, lease: this.lease });
    this.registry = new Registry({ leases, lease: this.lease, warn });
  }

  /** The stores, such that this node writes through them only while it may. */
  fenced({ store, presence, messages }: Stores): Stores {
    const fencing = { fence: this.lease, now: () => store.now() };
    return {
      store: fenceRooms(store, this.lease),
      presence: fencePresence(presence, fencing),
      messages: fenceMessages(messages, fencing),
    };
  }

  get nodeId(): NodeId {
    return this.lease.id;
  }

  /** Takes the lease and keeps it, and looks after the rooms of nodes that are gone. Returns what follows from a loss. */
  begin(parts: RoomParts, around: Surroundings): Consequences {
    const { lease, registry } = this;
    const { rooms, departures } = around;
    const rejoin = new Rejoin(parts, around);
    const vouching = new Vouching({ rooms, departures });
    const reaper = new Reaper(parts, { ...around, leases: this.#leases, lease });
    lease.start({
      renewed: () => {
        void rooms.touched();
        return registry.refresh();
      },
      forgotten: () => {
        registry.forget();
        rooms.offerClosed();
      },
      overlooked: () => rooms.each((room) => room.doubt()),
      lost: () => rejoin.rejoinAll(),
      doubtful: (sinceMs) => vouching.look(sinceMs),
      reap: (room) => reaper.reap(room),
    });
    this.#scanning.start();
    return { rejoin, aftermath: new Aftermath(parts, { rooms, reaper }) };
  }

  /** Ends the lease in good order; this node looks for nothing any more. */
  resign(): Promise<void> {
    this.#scanning.close();
    return this.lease.resign();
  }
}

// This node among others: its lease, and the rooms that the store knows it to hold. Begins what follows from the lease:
// reaping the rooms of dead nodes, scanning for orphans, rejoining, self-fencing.
import type { Ambient } from '../ops/ambient.ts';
import type { NodeId } from '../protocol/ids.ts';
import type { RoomDeps } from '../rooms/contract/room-deps.ts';
import type { RoomPeers } from '../rooms/membership/leave.ts';
import { guardMessageStore, guardPresenceStore, guardRoomStore } from '../store/guarded-stores.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { ScanStore } from '../store/scan-store.ts';
import { NodeLease } from './lease/node-lease.ts';
import { OrphanScan } from './lease/orphan-scan.ts';
import { RoomHoldings } from './lease/room-holdings.ts';
import { Reaper } from './reaper.ts';
import { RecoveryFollowUp } from './recovery-follow-up.ts';
import { Rejoin } from './rejoin.ts';
import { removeUncertainSeats } from './self-fencing.ts';

interface LivenessDeps extends Ambient {
  readonly leases: LeaseStore;
  readonly scans: ScanStore;
}

type WriteStores = Pick<RoomDeps, 'store' | 'presence' | 'messages'>;

/**
 * Built in two steps. Rooms need the lease and the holdings before they exist; what follows from the lease needs the
 * rooms. So the constructor makes the lease, and begin() starts it.
 */
export class Liveness {
  readonly lease: NodeLease;
  readonly holdings: RoomHoldings;
  readonly #deps: LivenessDeps;
  readonly #orphanScan: OrphanScan;

  constructor(deps: LivenessDeps) {
    const { leases, logger } = deps;
    this.#deps = deps;
    this.lease = new NodeLease(deps);
    this.#orphanScan = new OrphanScan({ ...deps, lease: this.lease });
    this.holdings = new RoomHoldings({ leases, lease: this.lease, logger });
  }

  /** The same stores, which refuse a write while the lease of this node is uncertain. */
  guardWrites({ store, presence, messages }: WriteStores): WriteStores {
    const guard = { lease: this.lease, now: () => store.now() };
    return {
      store: guardRoomStore(store, this.lease),
      presence: guardPresenceStore(presence, guard),
      messages: guardMessageStore(messages, guard),
    };
  }

  get nodeId(): NodeId {
    return this.lease.id;
  }

  /**
   * Takes the lease and keeps it. From now on this node looks after the rooms of dead nodes and after orphans. Returns
   * what live rooms need after a loss of data: sessions begin again, and leftover members are ended later.
   */
  begin(deps: RoomDeps, peers: RoomPeers) {
    const { lease, holdings } = this;
    const { rooms } = peers;
    const rejoin = new Rejoin(deps, peers);
    const reaper = new Reaper(deps, { ...peers, leases: this.#deps.leases, lease });
    lease.start({
      onRenewed: () => {
        void rooms.onStoreContact();
        return holdings.refresh();
      },
      onRegistrationLost: () => {
        holdings.onRegistrationLost();
        rooms.offerClosed();
      },
      onStoreLostNode: () => rooms.forEach((room) => void room.onPossibleGap()),
      onDeclaredDead: () => rejoin.rejoinAll(),
      onLeaseUncertain: (sinceMs) => removeUncertainSeats(peers, sinceMs),
      onRoomDue: (room) => reaper.reap(room),
    });
    this.#orphanScan.start();
    return { rejoin, followUp: new RecoveryFollowUp(deps, rooms, reaper) };
  }

  /** Gives the lease up. This node looks after nothing any more. */
  resign(): Promise<void> {
    this.#orphanScan.close();
    return this.lease.resign();
  }
}

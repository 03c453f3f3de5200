// This node among others: its lease, what the store knows it to hold, and what follows when it, or another node, was lost.
// Ties them together; must not know commands.
import type { NodeId } from '../protocol/ids.ts';
import type { RoomDeps } from '../rooms/contract/room-deps.ts';
import type { LiveRooms } from '../rooms/live/live-rooms.ts';
import type { ConnectionRooms } from '../rooms/membership/connection-rooms.ts';
import type { RoomLeave } from '../rooms/membership/leave.ts';
import { guardMessageStore, guardPresenceStore, guardRoomStore } from '../store/guarded-stores.ts';
import type { LeaseStore } from '../store/lease-store.ts';
import type { ScanStore } from '../store/scan-store.ts';
import { NodeLease } from './lease/node-lease.ts';
import { OrphanScan } from './lease/orphan-scan.ts';
import { RoomHoldings } from './lease/room-holdings.ts';
import { Reaper } from './reaper.ts';
import { RecoveryFollowUp } from './recovery-follow-up.ts';
import { Rejoin } from './rejoin.ts';
import { SelfFencing } from './self-fencing.ts';

interface LivenessDeps extends Pick<RoomDeps, 'clock' | 'random' | 'logger'> {
  readonly leases: LeaseStore;
  readonly scans: ScanStore;
}

type Stores = Pick<RoomDeps, 'store' | 'presence' | 'messages'>;

interface LivenessPeers {
  readonly rooms: LiveRooms;
  readonly sessions: ConnectionRooms;
  readonly roomLeave: RoomLeave;
}

/** What follows when the store has lost members, or a room's history. */
export interface Consequences {
  readonly rejoin: Rejoin;
  readonly aftermath: RecoveryFollowUp;
}

export class Liveness {
  readonly holdings: RoomHoldings;
  readonly lease: NodeLease;
  readonly #leases: LeaseStore;
  readonly #orphanScan: OrphanScan;

  constructor(deps: LivenessDeps) {
    const { leases, logger } = deps;
    this.#leases = leases;
    this.lease = new NodeLease(deps);
    const warn = (error: unknown) => logger.warn({ error }, 'a room that was let go of counts as held');
    this.#orphanScan = new OrphanScan({ ...deps, lease: this.lease });
    this.holdings = new RoomHoldings({ leases, lease: this.lease, warn });
  }

  /** The stores, such that this node writes through them only while it may. */
  guardWrites({ store, presence, messages }: Stores): Stores {
    const fencing = { lease: this.lease, now: () => store.now() };
    return {
      store: guardRoomStore(store, this.lease),
      presence: guardPresenceStore(presence, fencing),
      messages: guardMessageStore(messages, fencing),
    };
  }

  get nodeId(): NodeId {
    return this.lease.id;
  }

  /** Takes the lease and keeps it, and looks after the rooms of nodes that are gone. Returns what follows from a loss. */
  begin(deps: RoomDeps, peers: LivenessPeers): Consequences {
    const { lease, holdings } = this;
    const { rooms, roomLeave } = peers;
    const rejoin = new Rejoin(deps, peers);
    const vouching = new SelfFencing({ rooms, roomLeave });
    const reaper = new Reaper(deps, { ...peers, leases: this.#leases, lease });
    lease.start({
      onRenewed: () => {
        void rooms.onStoreContact();
        return holdings.refresh();
      },
      onRegistrationLost: () => {
        holdings.onRegistrationLost();
        rooms.offerClosed();
      },
      onStoreLostNode: () => {
        rooms.forEach((room) => {
          room.onPossibleGap();
        });
      },
      onDeclaredDead: () => rejoin.rejoinAll(),
      onLeaseUncertain: (sinceMs) => vouching.check(sinceMs),
      onRoomDue: (room) => reaper.reap(room),
    });
    this.#orphanScan.start();
    return { rejoin, aftermath: new RecoveryFollowUp(deps, { rooms, reaper }) };
  }

  /** Ends the lease in good order; this node looks for nothing any more. */
  resign(): Promise<void> {
    this.#orphanScan.close();
    return this.lease.resign();
  }
}

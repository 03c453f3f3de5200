// Looks after a room that some node held which is gone: its members there go into their graces, and whatever is due in the
// room has somebody to wait for it (PRES-3). The same for members whom their node knows nothing of (SYNC-4). Must not know how
// that was found out.
import { awayOf, stageUsers } from '../domain/room.ts';
import type { NodeId, UserId } from '../protocol/ids.ts';
import type { RoomDeps } from '../rooms/contract/room-deps.ts';
import type { LiveRoom } from '../rooms/live/live-room.ts';
import type { LiveRooms } from '../rooms/live/live-rooms.ts';
import { LISTENER_GRACE_MS, type RoomLeave } from '../rooms/membership/leave.ts';
import { type DueRoom, type Holding, LEASE_MS, type LeaseStore, RENEW_INTERVAL_MS } from '../store/lease-store.ts';
import type { MemberRecord } from '../store/presence-store.ts';
import type { NodeLease } from './lease/node-lease.ts';

/** So many members are looked at in one go; a hundred thousand would hold up the store, and then this node. */
const LOOKED_AT_ONCE = 500;
/** A member whom no node claims is waited for so long, from the moment that his fence tells. */
export const UNCLAIMED_GRACE_MS = 5_000;
/** How soon the room is looked at again when something in it could not be done. */
const AGAIN_MS = 1_000;
/** And when a node has not told its rooms: it does with its next renewal, or it is gone. */
const UNKNOWN_HOLDINGS_RETRY_MS = RENEW_INTERVAL_MS;

interface ReaperPeers {
  readonly roomLeave: RoomLeave;
  readonly rooms: LiveRooms;
  readonly leases: LeaseStore;
  readonly lease: NodeLease;
}

/** From when on a member counts as dropped, store time; null while his node lives. */
type DropAt = (member: MemberRecord) => number | null;

export class Reaper {
  readonly #deps: RoomDeps;
  readonly #peers: ReaperPeers;

  constructor(deps: RoomDeps, peers: ReaperPeers) {
    this.#deps = deps;
    this.#peers = peers;
  }

  /** Never rejects: what fails is left to whoever claims the room when this claim has run out. */
  async reap(due: DueRoom): Promise<void> {
    const { rooms, leases } = this.#peers;
    try {
      const againAt = await rooms.use(due.roomId, (room) => this.lookAfter(room));
      await leases.reaped(due, againAt);
    } catch (error) {
      this.#deps.logger.warn({ error, roomId: due.roomId }, 'a room of a node that is gone could not be looked after');
    }
  }

  /** Returns when somebody has to look again, store time; null: never. Throws as the store does. */
  async lookAfter(room: LiveRoom | null): Promise<number | null> {
    if (!room) return null;
    // The feed of a room that was just opened may lag behind what the store already knows.
    await room.catchUp();
    if (room.current.state.closed) return null;
    const moments = new Moments();
    await this.#dropHeld(room, moments);
    await this.#endListening(room, moments);
    return room.current.state.closed ? null : moments.first;
  }

  /** They are few. */
  async #dropHeld(room: LiveRoom, moments: Moments): Promise<void> {
    const held = [...stageUsers(room.current.state)] as UserId[];
    const members = [...(await this.#deps.presence.find(room.roomId, held)).values()];
    const dropAt = await this.#judge(room, { members, moments });
    const now = this.#deps.store.now();
    const drop = async (member: MemberRecord) => {
      const at = dropAt(member);
      // A grace that has begun is the room's own business.
      if (at === null || awayOf(room.current.state, member.userId)?.fence === member.fence) return;
      if (at > now) return moments.add(at);
      if (!(await this.#drop(room, member))) moments.add(now + AGAIN_MS);
    };
    await Promise.all(members.map(drop));
  }

  /** True when it is settled: he is in his grace, or has a newer session. */
  async #drop(room: LiveRoom, { userId, fence }: MemberRecord): Promise<boolean> {
    const outcome = await room.executeOwn({ name: 'member:drop', payload: { userId, fence } });
    return outcome.ok || outcome.overtakenBy !== undefined;
  }

  async #endListening(room: LiveRoom, moments: Moments): Promise<void> {
    const { presence, store } = this.#deps;
    let cursor: string | null = null;
    do {
      const page = await presence.page(room.roomId, { cursor, limit: LOOKED_AT_ONCE });
      const held = stageUsers(room.current.state);
      const listeners = page.members.filter(({ userId }) => !held.has(userId));
      const dropAt = await this.#judge(room, { members: listeners, moments });
      const now = store.now();
      await Promise.all(
        listeners.map(async (member) => {
          const at = dropAt(member);
          if (at === null) return;
          if (at + LISTENER_GRACE_MS > now) return moments.add(at + LISTENER_GRACE_MS);
          const left = await presence.leave(room.roomId, member);
          // The stage took hold of him just now.
          if (left === 'held' && !(await this.#drop(room, member))) moments.add(now + AGAIN_MS);
        }),
      );
      cursor = page.cursor;
    } while (cursor !== null && !room.current.state.closed);
  }

  /**
   * A node that is neither known to live nor to be gone may have begun just now. It had a lease before it had a member:
   * whoever looks after reading the member sees it. Otherwise it has been gone for longer than anybody remembers, or the
   * store has lost its lease: then it has as long as a lease to come forward.
   */
  async #judge(room: LiveRoom, { members, moments }: Judged): Promise<DropAt> {
    const { lease } = this.#peers;
    const isUnknown = ({ nodeId }: MemberRecord) =>
      nodeId !== '' && !lease.view.live.has(nodeId) && !lease.view.dead.has(nodeId);
    const { dead, live, since } = members.some(isUnknown) ? await lease.refreshView() : lease.view;
    const { id } = this.#deps.node;
    const others = new Set(members.map(({ nodeId }) => nodeId).filter((nodeId) => nodeId !== id && live.has(nodeId)));
    const holders = await this.#holders(room, [...others]);
    return (member) => {
      const { nodeId, fence } = member;
      if (nodeId === '') return fence / 1000 + UNCLAIMED_GRACE_MS;
      if (nodeId === id) return this.#isStray(room, member) ? 0 : null;
      if (!live.has(nodeId)) return dead.get(nodeId) ?? since + LEASE_MS;
      const holding = holders.get(nodeId);
      if (holding === 'unknown') moments.add(this.#deps.store.now() + UNKNOWN_HOLDINGS_RETRY_MS);
      return holding === 'not' ? 0 : null;
    };
  }

  /**
   * A store that took over may have lost how a member went, whom his node knows nothing of since. A node holds a room from
   * before its first member came until after its last one went: who is a member of one that does not hold it has no
   * connection there. That is true because it is asked after the member was read; a session that began since has
   * another fence.
   */
  async #holders({ roomId }: LiveRoom, nodeIds: readonly NodeId[]): Promise<ReadonlyMap<NodeId, Holding>> {
    return nodeIds.length === 0 ? new Map() : this.#peers.leases.holders(roomId, nodeIds);
  }

  /** Of this node it is known exactly who is here, who is on his way, and who is in a grace. */
  #isStray({ roomId, audience }: LiveRoom, member: MemberRecord): boolean {
    const { userId, fence } = member;
    if (audience.isJoining(userId) || this.#peers.roomLeave.hasGraceFor(roomId, member)) return false;
    return audience.members.get(userId)?.record.fence !== fence;
  }
}

interface Judged {
  readonly members: readonly MemberRecord[];
  /** When to look again is added here. */
  readonly moments: Moments;
}

/** The first of some moments. */
class Moments {
  #first = Number.POSITIVE_INFINITY;

  add(at: number): void {
    this.#first = Math.min(this.#first, at);
  }

  get first(): number | null {
    return Number.isFinite(this.#first) ? this.#first : null;
  }
}

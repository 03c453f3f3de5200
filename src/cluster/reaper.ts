// Puts a due room in order (PRES-3). The members of dead nodes go into their graces, and the room is live here while
// something is due in it. The same holds for members whose living node has no connection of them (SYNC-4).
import { awayOf, stageUsers } from '../domain/room.ts';
import type { NodeId, UserId } from '../protocol/ids.ts';
import { isSessionOver, type Outcome } from '../rooms/contract/outcome.ts';
import type { RoomDeps } from '../rooms/contract/room-deps.ts';
import type { LiveRoom } from '../rooms/live/live-room.ts';
import { dropOf, endSession } from '../rooms/membership/end-session.ts';
import { LISTENER_GRACE_MS, type RoomPeers } from '../rooms/membership/leave.ts';
import { type DueRoom, type Holding, LEASE_MS, type LeaseStore, RENEW_INTERVAL_MS } from '../store/lease-store.ts';
import type { MemberRecord } from '../store/presence-store.ts';
import type { ClusterView, NodeLease } from './lease/node-lease.ts';

/** Members that are judged at once. A hundred thousand would block the store, and then this node. */
const MEMBERS_PER_PAGE = 500;
/** How long a member waits that no node claims, from the moment in the member's fence. */
export const UNCLAIMED_GRACE_MS = 5_000;
/** How soon the room is looked at again when a session could not be ended. */
const RETRY_MS = 1_000;
/** The same when a node has not listed its rooms: it does so with its next renewal, or it is dead. */
const UNKNOWN_HOLDINGS_RETRY_MS = RENEW_INTERVAL_MS;

interface ReaperPeers extends Pick<RoomPeers, 'rooms' | 'roomLeave'> {
  readonly leases: LeaseStore;
  readonly lease: NodeLease;
}

/** What the nodes say about one member. All times are store time, Unix milliseconds. */
type Verdict =
  /** Connected, or in a grace that ends without the reaper. */
  | { readonly kind: 'fine' }
  /** The member's node is alive and has no such session: it ends now. */
  | { readonly kind: 'stray' }
  /** The member's node is dead, or no node claims the member. */
  | { readonly kind: 'dropped'; readonly since: number }
  /** The member's node is alive and has not listed its rooms yet. */
  | { readonly kind: 'unknown'; readonly recheckAt: number };

/** The evidence: the last survey, and which living nodes hold the room. */
interface Evidence {
  readonly view: ClusterView;
  readonly holders: ReadonlyMap<NodeId, Holding>;
}

export class Reaper {
  readonly #deps: RoomDeps;
  readonly #peers: ReaperPeers;

  constructor(deps: RoomDeps, peers: ReaperPeers) {
    this.#deps = deps;
    this.#peers = peers;
  }

  /** Never rejects: after a failure this claim runs out, and another node claims the room. */
  async reap(due: DueRoom): Promise<void> {
    const { rooms, leases } = this.#peers;
    const { logger } = this.#deps;
    const { roomId } = due;
    try {
      const againAt = await rooms.use(roomId, (room) => this.lookAfter(room));
      await leases.reaped(due, againAt);
    } catch (error) {
      logger.warn(
        { event: 'reaper.room.failed', error, roomId },
        'A room was not put in order: another node will do it.',
      );
    }
  }

  /** Resolves to the store time at which the room must be looked at again; null: never. Rejects as the store does. */
  async lookAfter(room: LiveRoom | null): Promise<number | null> {
    if (!room) return null;
    // The feed of a room that was just opened may be behind the store.
    await room.catchUp();
    if (room.current.state.closed) return null;
    const againAt = earliest([await this.#dropPinned(room), await this.#endListeners(room)]);
    return room.current.state.closed ? null : againAt;
  }

  /** Pinned users are few: one read has them all. */
  async #dropPinned(room: LiveRoom): Promise<number | null> {
    const pinned = [...stageUsers(room.current.state)] as UserId[];
    const members = [...(await this.#deps.presence.find(room.roomId, pinned)).values()];
    return this.#endDropped(room, members, { graceMs: 0, end: (member) => room.executeOwn(dropOf(member)) });
  }

  async #endListeners(room: LiveRoom): Promise<number | null> {
    const { presence } = this.#deps;
    const { roomId } = room;
    const end = (member: MemberRecord) => endSession({ presence, roomId, room }, dropOf(member));
    let againAt: number | null = null;
    let cursor: string | null = null;
    do {
      const page = await presence.page(roomId, { cursor, limit: MEMBERS_PER_PAGE });
      const pinned = stageUsers(room.current.state);
      const listeners = page.members.filter(({ userId }) => !pinned.has(userId));
      againAt = earliest([againAt, await this.#endDropped(room, listeners, { graceMs: LISTENER_GRACE_MS, end })]);
      cursor = page.cursor;
    } while (cursor !== null && !room.current.state.closed);
    return againAt;
  }

  /** Dropped members have `graceMs`. Resolves to when the first of those that stay must be looked at again. */
  async #endDropped(
    room: LiveRoom,
    members: readonly MemberRecord[],
    { graceMs, end }: { readonly graceMs: number; readonly end: (member: MemberRecord) => Promise<Outcome> },
  ): Promise<number | null> {
    const verdictOn = await this.#judge(room, members);
    const now = this.#deps.store.now();
    const again = members.map(async (member) => {
      const verdict = verdictOn(member);
      if (verdict.kind === 'fine') return null;
      if (verdict.kind === 'unknown') return verdict.recheckAt;
      const endsAt = verdict.kind === 'stray' ? now : verdict.since + graceMs;
      if (endsAt > now) return endsAt;
      return isSessionOver(await end(member)) ? null : now + RETRY_MS;
    });
    return earliest(await Promise.all(again));
  }

  /**
   * A node that is neither alive nor dead in the last survey may have started just now. It had a lease before it had a
   * member, so a survey after the read of the member shows it. Otherwise it died longer ago than nodes remember, or the
   * store has lost its lease. Then the node has the length of a lease to register again.
   *
   * A node holds a room from before its first member came until after its last one left. So a member of a node that
   * does not hold the room has no connection there. After a failover the store may list members that had left. The
   * holders must be read after the members; a session that has begun since has another fence.
   */
  async #judge(room: LiveRoom, members: readonly MemberRecord[]) {
    const { lease, leases } = this.#peers;
    const isUnknown = ({ nodeId }: MemberRecord) =>
      nodeId !== '' && !lease.view.live.has(nodeId) && !lease.view.dead.has(nodeId);
    const view = members.some(isUnknown) ? await lease.refreshView() : lease.view;
    const others = new Set(members.map(({ nodeId }) => nodeId).filter((nodeId) => view.live.has(nodeId)));
    others.delete(this.#deps.node.id);
    const holders: Evidence['holders'] = others.size === 0 ? new Map() : await leases.holders(room.roomId, [...others]);
    return (member: MemberRecord) => this.#verdictOn(room, member, { view, holders });
  }

  #verdictOn(room: LiveRoom, member: MemberRecord, { view, holders }: Evidence): Verdict {
    const { userId, nodeId, fence } = member;
    // The room itself ends a grace that has begun.
    if (awayOf(room.current.state, userId)?.fence === fence) return { kind: 'fine' };
    if (nodeId === '') return { kind: 'dropped', since: fence / 1000 + UNCLAIMED_GRACE_MS };
    if (nodeId === this.#deps.node.id) return { kind: this.#isStray(room, member) ? 'stray' : 'fine' };
    if (!view.live.has(nodeId)) return { kind: 'dropped', since: view.dead.get(nodeId) ?? view.since + LEASE_MS };
    const holding = holders.get(nodeId);
    if (holding === 'unknown') {
      return { kind: 'unknown', recheckAt: this.#deps.store.now() + UNKNOWN_HOLDINGS_RETRY_MS };
    }
    return { kind: holding === 'no' ? 'stray' : 'fine' };
  }

  /** This node knows exactly which members are connected here, are about to join, or are in a grace. */
  #isStray({ roomId, members, pendingJoins }: LiveRoom, member: MemberRecord): boolean {
    const { userId, fence } = member;
    if (pendingJoins.has(userId) || this.#peers.roomLeave.hasGraceFor(roomId, member)) return false;
    return members.get(userId)?.record.fence !== fence;
  }
}

function earliest(times: readonly (number | null)[]): number | null {
  let first: number | null = null;
  for (const at of times) if (at !== null && (first === null || at < first)) first = at;
  return first;
}

// Graces that run on this node alone: a listener's 15 s, and the 10 s of a handover. The stage knows nothing of them.
import { Timer } from '../../ops/repeat.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import type { SessionFence } from '../../store/room-store.ts';
import type { RoomDeps } from '../contract/room-deps.ts';

interface GraceRequest {
  readonly roomId: RoomId;
  readonly userId: UserId;
  /** The session in question; `unknown` after a join without a reply. */
  readonly fence: number | 'unknown';
  readonly afterMs: number;
  /** Runs when the time is over. Must not reject. */
  readonly onEnd: () => Promise<void>;
  /** Runs in its place when the grace is cut short; onEnd if absent. Must not reject. */
  readonly onCut?: () => Promise<void>;
}

interface Grace extends GraceRequest {
  readonly timer: Timer;
  /** Whether the grace keeps the room among this node's holdings; resolves when the store has answered. */
  readonly isRegistered: Promise<boolean>;
}

export class LocalGraces {
  readonly #deps: Pick<RoomDeps, 'clock' | 'holdings'>;
  readonly #graces = new Set<Grace>();

  constructor(deps: Pick<RoomDeps, 'clock' | 'holdings'>) {
    this.#deps = deps;
  }

  /** Meanwhile the room is among this node's holdings: if this node dies, another one finds the members (PRES-3). */
  begin(request: GraceRequest): void {
    const { clock, holdings } = this.#deps;
    const isRegistered = holdings.hold(request.roomId).then(
      () => true,
      () => false,
    );
    const grace: Grace = { ...request, timer: new Timer(clock), isRegistered };
    grace.timer.set(request.afterMs, () => void this.#end(grace, request.onEnd));
    this.#graces.add(grace);
  }

  async #end(grace: Grace, act: () => Promise<void>): Promise<void> {
    grace.timer.cancel();
    this.#graces.delete(grace);
    await act();
    if (await grace.isRegistered) this.#deps.holdings.release(grace.roomId);
  }

  /** Whether a grace of that session runs here. A grace of another session of the same user does not end this one. */
  has(roomId: RoomId, { userId, fence }: SessionFence): boolean {
    for (const grace of this.#graces) {
      const isOfSession = grace.userId === userId && (grace.fence === fence || grace.fence === 'unknown');
      if (isOfSession && grace.roomId === roomId) return true;
    }
    return false;
  }

  /** Ends the user's graces now, in all rooms, except those of sessions with a greater fence. */
  cutShort(userId: UserId, fenceMax: number): void {
    for (const grace of [...this.#graces]) {
      if (grace.userId !== userId || (grace.fence !== 'unknown' && grace.fence > fenceMax)) continue;
      void this.#end(grace, grace.onCut ?? grace.onEnd);
    }
  }

  /** Forgets all graces: the node that takes over the rooms ends them. */
  close(): void {
    for (const { timer } of this.#graces) timer.cancel();
    this.#graces.clear();
  }
}

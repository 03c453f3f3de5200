// Ends claims to seats that this node can no longer guarantee (PRES-3). A node that is cut off for longer than a grace
// may have lost the seats of its members. It removes them rather than let two people believe that one seat is theirs.

import type { LiveRoom } from '../rooms/live/live-room.ts';
import type { LiveRooms } from '../rooms/live/live-rooms.ts';
import type { RoomLeave } from '../rooms/membership/leave.ts';
import { SURVEY_INTERVAL_MS } from '../store/lease-store.ts';

/** This node checks twice a second, and so do the nodes that end the grace. This node has to be the first. */
const EARLIER_MS = 2 * SURVEY_INTERVAL_MS;

interface SelfFencingDeps {
  readonly rooms: LiveRooms;
  readonly roomLeave: RoomLeave;
}

export class SelfFencing {
  readonly #deps: SelfFencingDeps;

  constructor(deps: SelfFencingDeps) {
    this.#deps = deps;
  }

  /** The lease ended `uncertainMs` ago: from then on other nodes may have begun the graces of members here. */
  check(uncertainMs: number): void {
    // forEach skips rooms that are still being opened: the store does not answer, and the others must not wait.
    this.#deps.rooms.forEach((room) => {
      if (uncertainMs >= room.current.state.settings.graceMs - EARLIER_MS) this.#removeSeated(room);
    });
  }

  /** The clients join again, preferably on another node. A seat that is still theirs stays theirs. */
  #removeSeated({ roomId, audience, current: { state } }: LiveRoom): void {
    for (const { occupant } of state.seats) {
      const member = occupant && audience.members.get(occupant.userId);
      if (!member) continue;
      audience.removeMember(member, { reason: 'disconnected' });
      void this.#deps.roomLeave.dropFrom(roomId, member);
    }
  }
}

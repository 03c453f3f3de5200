// Who sits here and may have lost his seat by now: a node that has been cut off for longer than a grace cannot vouch for it
// any more, and says so rather than let two people believe that one seat is theirs (PRES-3). Must not know why it was cut off.

import type { LiveRoom } from '../rooms/live/live-room.ts';
import type { LiveRooms } from '../rooms/live/live-rooms.ts';
import type { RoomLeave } from '../rooms/membership/leave.ts';
import { SURVEY_INTERVAL_MS } from '../store/lease-store.ts';

/** This node looks twice a second, and so do those who end the grace: it has to be the first. */
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

  /** The lease has not been certain for so long: others may have begun the graces of members here then. */
  check(uncertainMs: number): void {
    // The store does not answer: a room that is just being opened must not keep the others waiting.
    this.#deps.rooms.forEach((room) => {
      if (uncertainMs >= room.current.state.settings.graceMs - EARLIER_MS) this.#putOut(room);
    });
  }

  /** Their clients join again, here or, better, elsewhere; if the seat is theirs still, they have it. */
  #putOut({ roomId, audience, current: { state } }: LiveRoom): void {
    for (const { occupant } of state.seats) {
      const member = occupant && audience.members.get(occupant.userId);
      if (!member) continue;
      audience.removeMember(member, { reason: 'disconnected' });
      void this.#deps.roomLeave.dropFrom(roomId, member);
    }
  }
}

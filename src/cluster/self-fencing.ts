// Ends claims to seats that this node can no longer guarantee (PRES-3). A node that is cut off for longer than a grace
// may have lost the seats of its members. It removes them rather than let two people believe that one seat is theirs.
import type { RoomPeers } from '../rooms/membership/leave.ts';
import { SURVEY_INTERVAL_MS } from '../store/lease-store.ts';

/** This node checks twice a second, and so do the nodes that end the grace. This node has to be the first. */
const EARLIER_MS = 2 * SURVEY_INTERVAL_MS;

/**
 * The lease ended `uncertainMs` ago: from then on other nodes may have begun the graces of members here. The clients
 * join again, preferably on another node. A seat that is still theirs stays theirs.
 */
export function removeUncertainSeats(
  { rooms, roomLeave }: Pick<RoomPeers, 'rooms' | 'roomLeave'>,
  uncertainMs: number,
) {
  // forEach skips rooms that are still being opened: the store does not answer, and the others must not wait.
  rooms.forEach(({ roomId, audience, members, current: { state } }) => {
    if (uncertainMs < state.settings.graceMs - EARLIER_MS) return;
    for (const { occupant } of state.seats) {
      const member = occupant && members.get(occupant.userId);
      if (!member) continue;
      audience.removeMember(member, { reason: 'disconnected' });
      void roomLeave.dropFrom(roomId, member);
    }
  });
}

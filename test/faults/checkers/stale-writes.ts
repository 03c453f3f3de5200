// Writes of ended sessions: what users did on the stage between being marked away and coming back, or while their
// server certainly had no lease.
import type { RoomEvent } from '../../../src/protocol/room-events.ts';
import type { Finding, History } from '../history.ts';
import { inOrder, keepBooks } from './room-book.ts';

/**
 * Users of a node that was paused or cut off. The times are store times, from the end of its lease until the node was
 * back.
 */
export interface CutOff {
  readonly userIds: ReadonlySet<string>;
  readonly from: number;
  readonly until: number;
}

export function staleWrites(history: History, cutOffs: readonly CutOff[] = []): Finding[] {
  const findings: Finding[] = [];
  for (const book of [...keepBooks(history).rooms.values()].flat()) {
    const away = new Set<string>();
    for (const { events, at, version } of inOrder(book, 'public')) {
      for (const event of events) {
        const actor = actorOf(event);
        const isCutOff = cutOffs.some(({ userIds, from, until }) => userIds.has(event.by) && at > from && at < until);
        if (actor !== null && (away.has(actor) || isCutOff)) {
          const facts = `${book.roomId} ${book.epoch} ${version}: ${JSON.stringify(event)}`;
          findings.push({ rule: 'PRES-2: an ended session writes nothing', facts });
        }
        if (event.type === 'seat.away') away.add(event.userId);
        if (event.type === 'seat.back' || event.type === 'seat.left') away.delete(event.userId);
      }
    }
  }
  return findings;
}

/** The user who did it; null for deadlines, for the backend, and for coming back. */
const actorOf = (event: RoomEvent): string | null =>
  event.by === 'system' || event.by === 'service' || event.type === 'seat.back' ? null : event.by;

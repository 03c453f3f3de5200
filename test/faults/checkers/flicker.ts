// What other members saw of users who only changed connections: away marks, lost seats, and pairs of leave and join.
import type { History } from '../history.ts';
import { keepBooks } from './room-book.ts';

export interface Flicker {
  /** The users of all `seat.away` that a client received. */
  readonly away: readonly string[];
  /** Users whose seats ended without a request (`disconnected`). */
  readonly lost: readonly string[];
  /** Users who were reported as left and then as joined, without a `room:leave` of theirs. */
  readonly pairs: readonly string[];
}

/** Only what clients received between `from` and `until`. */
export function flickerIn(history: History, { from = 0, until = Number.POSITIVE_INFINITY } = {}): Flicker {
  const away: string[] = [];
  const lost: string[] = [];
  for (const { commits } of [...keepBooks(history).rooms.values()].flat()) {
    for (const { events, seenAt } of commits.public.values()) {
      if (seenAt < from || seenAt > until) continue;
      for (const event of events) {
        if (event.type === 'seat.away') away.push(event.userId);
        if (event.type === 'seat.left' && event.reason === 'disconnected') lost.push(event.userId);
      }
    }
  }
  return { away, lost, pairs: pairsIn(history.filter(({ at }) => at >= from && at <= until)) };
}

function pairsIn(history: History): string[] {
  const leavingsOf = new Map<string, Set<string>>();
  const leavers = new Set<string>();
  const pairs = new Set<string>();
  for (const entry of history) {
    if (entry.kind === 'call' && entry.name === 'room:leave') leavers.add(`${entry.roomId} ${entry.userId}`);
    if (entry.kind !== 'audience') continue;
    // Each client is looked at separately: one that saw the pair is enough.
    const leavings = leavingsOf.get(entry.client) ?? new Set<string>();
    leavingsOf.set(entry.client, leavings);
    for (const userId of entry.joined)
      if (leavings.delete(`${entry.roomId} ${userId}`)) pairs.add(`${entry.roomId} ${userId}`);
    for (const userId of entry.left) {
      if (!leavers.has(`${entry.roomId} ${userId}`)) leavings.add(`${entry.roomId} ${userId}`);
    }
  }
  return [...pairs];
}

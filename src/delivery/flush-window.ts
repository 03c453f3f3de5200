// How long the broadcasts of a room may wait for company: longer where writing costs more, but never noticeably. Pure.

/** A shorter window gathers nothing that is worth a timer. */
const WINDOW_MIN_MS = 5;
/** Chat that comes this much later still feels like a conversation. */
const WINDOW_MAX_MS = 100;
/** In very large rooms nobody reads every message (MSG-7). */
const WINDOW_MAX_LARGE_MS = 1_000;
/** A room with more members than this on one node is very large. */
const LARGE_ROOM_MEMBERS = 5_000;
/** This many deliveries a second add a millisecond: 1,000 members and 50 messages a second make a window of 100 ms. */
const DELIVERIES_PER_WINDOW_MS = 500;

/** This many broadcasts are written at once, whatever the window: a client should not get a whole page in one piece. */
const BROADCASTS_MAX = 32;
const BYTES_MAX = 16 * 1024;
/** Very large rooms gather longer, so they may gather more. */
const LARGE_FACTOR = 4;

/** How long broadcasts may wait, and how many of them, with that many members on this node and broadcasts a second. */
export function flushWindow(members: number, perSecond: number) {
  const isLarge = members > LARGE_ROOM_MEMBERS;
  const earnedMs = (members * perSecond) / DELIVERIES_PER_WINDOW_MS;
  const windowMs = earnedMs < WINDOW_MIN_MS ? 0 : Math.min(earnedMs, isLarge ? WINDOW_MAX_LARGE_MS : WINDOW_MAX_MS);
  const factor = isLarge ? LARGE_FACTOR : 1;
  return { windowMs, maxBroadcasts: BROADCASTS_MAX * factor, maxBytes: BYTES_MAX * factor };
}

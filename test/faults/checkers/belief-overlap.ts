// For how long two clients believed at once that they hold one seat, or one user that he holds two. Goes by what clients
// know, not by what is true; must not know versions beyond SYNC-1.
import { seatOf } from '../../../src/domain/room.ts';
import { ClientView } from '../../support/client-view.ts';
import type { History } from '../history.ts';

/** From when until when a client believed that his user sits there. */
export interface Belief {
  readonly client: string;
  readonly userId: string;
  readonly roomId: string;
  readonly seat: number;
  readonly from: number;
  readonly until: number;
}

export interface Overlap {
  readonly ms: number;
  readonly one: Belief;
  readonly other: Belief;
}

/** A belief begins when he hears of it and ends when he hears otherwise, or knows that his connection is dead. */
export function beliefsOf(history: History): Belief[] {
  const beliefs: Belief[] = [];
  const clients = new Map<string, { view: ClientView | null; isInside: boolean; seat: number | null; from: number }>();
  const end = history.at(-1)?.at ?? 0;
  for (const entry of history) {
    const roomId = entry.kind === 'shown' ? entry.room.roomId : 'roomId' in entry ? entry.roomId : null;
    if (roomId === null) continue;
    const key = `${entry.client}\n${roomId}`;
    const mind = clients.get(key) ?? { view: null, isInside: false, seat: null, from: 0 };
    clients.set(key, mind);
    if (entry.kind === 'inside' || entry.kind === 'outside') mind.isInside = entry.kind === 'inside';
    if (entry.kind === 'shown') mind.view = new ClientView(entry.room);
    if (entry.kind === 'heard' && mind.view?.epoch === entry.epoch) {
      for (const update of entry.updates) mind.view.take(update);
    }
    const seat = mind.isInside && mind.view && !mind.view.view.closed ? seatOf(mind.view.view, entry.userId) : null;
    const now = seat?.seat ?? null;
    if (now === mind.seat) continue;
    if (mind.seat !== null) {
      const { client, userId } = entry;
      beliefs.push({ client, userId, roomId, seat: mind.seat, from: mind.from, until: entry.at });
    }
    mind.seat = now;
    mind.from = entry.at;
  }
  for (const [key, { seat, from }] of clients) {
    const [client = '', roomId = ''] = key.split('\n');
    const userId = history.find((entry) => entry.client === client)?.userId ?? client;
    if (seat !== null) beliefs.push({ client, userId, roomId, seat, from, until: end });
  }
  return beliefs;
}

/** All overlaps of more than nothing, the longest first: of two users on a seat, and of two seats of one user. */
export function beliefOverlaps(history: History): Overlap[] {
  const byRoom = new Map<string, Belief[]>();
  for (const belief of beliefsOf(history)) byRoom.set(belief.roomId, [...(byRoom.get(belief.roomId) ?? []), belief]);
  const overlaps: Overlap[] = [];
  for (const beliefs of byRoom.values()) {
    const sorted = [...beliefs].sort((a, b) => a.from - b.from);
    sorted.forEach((one, index) => {
      for (const other of sorted.slice(index + 1)) {
        if (other.from >= one.until) break;
        const isContradiction = (one.seat === other.seat) !== (one.userId === other.userId);
        const ms = Math.min(one.until, other.until) - other.from;
        if (isContradiction && ms > 0) overlaps.push({ ms, one, other });
      }
    });
  }
  return overlaps.sort((a, b) => b.ms - a.ms);
}

/** Messages to two clients are not heard in one moment: what may lie between them without a fault. */
export const maxOverlapMs = (history: History): number => beliefOverlaps(history)[0]?.ms ?? 0;

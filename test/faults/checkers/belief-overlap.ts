// For how long two clients believed at once that they hold one seat, or one user that he holds two. Goes by what clients
// know, not by what is true; must not know versions beyond SYNC-1.
import { seatOf } from '../../../src/domain/room.ts';
import { ClientView } from '../../support/client-view.ts';
import type { History, HistoryEntry } from '../history.ts';

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

interface Mind {
  view: ClientView | null;
  isInside: boolean;
  /** He has asked to get up or to move: from then on he does not insist on his seat, unless he is refused. */
  givesUp: 'no' | 'asked' | 'done';
  seat: number | null;
  from: number;
}

/** A belief begins when he hears of it and ends when he hears otherwise, gives the seat up or knows that his connection is dead. */
function beliefsOf(history: History): Belief[] {
  const beliefs: Belief[] = [];
  const minds = new Map<string, { readonly who: Omit<Belief, 'seat' | 'from' | 'until'>; readonly mind: Mind }>();
  const asked = new Map<string, Mind>();
  for (const entry of history) {
    const roomId = entry.kind === 'shown' ? entry.room.roomId : 'roomId' in entry ? entry.roomId : null;
    if (entry.kind === 'answer') {
      const mind = asked.get(entry.op);
      if (mind?.givesUp === 'asked' && entry.answer) mind.givesUp = entry.answer.ok ? 'done' : 'no';
      continue;
    }
    if (roomId === null) continue;
    const key = `${entry.client} ${roomId}`;
    const { client, userId } = entry;
    const known = minds.get(key) ?? { who: { client, userId, roomId }, mind: freshMind() };
    minds.set(key, known);
    learn(known.mind, entry);
    if (entry.kind === 'call') asked.set(entry.op, known.mind);
    const seat = believedSeat(known.mind, userId);
    if (seat === known.mind.seat) continue;
    if (known.mind.seat !== null) {
      beliefs.push({ ...known.who, seat: known.mind.seat, from: known.mind.from, until: entry.at });
    }
    known.mind.seat = seat;
    known.mind.from = entry.at;
  }
  const end = history.at(-1)?.at ?? 0;
  for (const { who, mind } of minds.values()) {
    if (mind.seat !== null) beliefs.push({ ...who, seat: mind.seat, from: mind.from, until: end });
  }
  return beliefs;
}

const freshMind = (): Mind => ({ view: null, isInside: false, givesUp: 'no', seat: null, from: 0 });

function learn(mind: Mind, entry: HistoryEntry): void {
  if (entry.kind === 'inside' || entry.kind === 'outside') mind.isInside = entry.kind === 'inside';
  if (entry.kind === 'call' && (entry.name === 'seat:leave' || entry.name === 'seat:move')) mind.givesUp = 'asked';
  if (entry.kind !== 'shown' && entry.kind !== 'heard') return;
  if (mind.givesUp === 'done') mind.givesUp = 'no';
  if (entry.kind === 'shown') mind.view = new ClientView(entry.room);
  else if (mind.view?.epoch === entry.epoch) for (const update of entry.updates) mind.view.take(update);
}

function believedSeat({ view, isInside, givesUp }: Mind, userId: string): number | null {
  if (!isInside || !view || view.view.closed || givesUp !== 'no') return null;
  return seatOf(view.view, userId)?.seat ?? null;
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

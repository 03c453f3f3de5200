// Checks for how long two clients believed at once that they hold one seat, or one user that they hold two. It goes by
// what clients know, not by what is true.
import { seatOf } from '../../../src/domain/room.ts';
import { ClientView } from '../../support/client-view.ts';
import type { History, HistoryEntry } from '../history.ts';

/** The time for which a client believed that its user sits on that seat. */
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

interface ClientState {
  view: ClientView | null;
  isInside: boolean;
  /**
   * The user has asked to leave the seat or to move. From then on the client does not claim the seat, unless the
   * command is refused.
   */
  givesUp: 'no' | 'asked' | 'done';
  seat: number | null;
  from: number;
}

/**
 * A belief begins when the client learns of the seat. It ends when the client learns otherwise, gives the seat up, or
 * knows that its connection is dead.
 */
function beliefsOf(history: History): Belief[] {
  const beliefs: Belief[] = [];
  const states = new Map<
    string,
    { readonly identity: Omit<Belief, 'seat' | 'from' | 'until'>; readonly state: ClientState }
  >();
  const asked = new Map<string, ClientState>();
  for (const entry of history) {
    const roomId = entry.kind === 'snapshot' ? entry.room.roomId : 'roomId' in entry ? entry.roomId : null;
    if (entry.kind === 'answer') {
      const state = asked.get(entry.op);
      if (state?.givesUp === 'asked' && entry.answer) state.givesUp = entry.answer.ok ? 'done' : 'no';
      continue;
    }
    if (roomId === null) continue;
    const key = `${entry.client} ${roomId}`;
    const { client, userId } = entry;
    const known = states.get(key) ?? { identity: { client, userId, roomId }, state: freshState() };
    states.set(key, known);
    observe(known.state, entry);
    if (entry.kind === 'call') asked.set(entry.op, known.state);
    const seat = believedSeat(known.state, userId);
    if (seat === known.state.seat) continue;
    if (known.state.seat !== null) {
      beliefs.push({ ...known.identity, seat: known.state.seat, from: known.state.from, until: entry.at });
    }
    known.state.seat = seat;
    known.state.from = entry.at;
  }
  const end = history.at(-1)?.at ?? 0;
  for (const { identity, state } of states.values()) {
    if (state.seat !== null) beliefs.push({ ...identity, seat: state.seat, from: state.from, until: end });
  }
  return beliefs;
}

const freshState = (): ClientState => ({ view: null, isInside: false, givesUp: 'no', seat: null, from: 0 });

function observe(state: ClientState, entry: HistoryEntry): void {
  if (entry.kind === 'inside' || entry.kind === 'outside') state.isInside = entry.kind === 'inside';
  if (entry.kind === 'call' && (entry.name === 'seat:leave' || entry.name === 'seat:move')) state.givesUp = 'asked';
  if (entry.kind !== 'snapshot' && entry.kind !== 'updates') return;
  if (state.givesUp === 'done') state.givesUp = 'no';
  if (entry.kind === 'snapshot') state.view = new ClientView(entry.room);
  else if (state.view?.epoch === entry.epoch) for (const update of entry.updates) state.view.take(update);
}

function believedSeat({ view, isInside, givesUp }: ClientState, userId: string): number | null {
  if (!isInside || !view || view.view.closed || givesUp !== 'no') return null;
  return seatOf(view.view, userId)?.seat ?? null;
}

/** All overlaps above 0 ms, the longest first: two users on one seat, and two seats of one user. */
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

/** The longest overlap. Two clients never get a message at the same moment, so a small overlap may be no fault. */
export const maxOverlapMs = (history: History): number => beliefOverlaps(history)[0]?.ms ?? 0;

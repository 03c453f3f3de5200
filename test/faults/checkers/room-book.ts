// Everything that all clients together received of a room, by epoch and commit. It finds commits that differ between
// clients.
import { isDeepStrictEqual } from 'node:util';
import type { MemberKind } from '../../../src/domain/view.ts';
import { publicEventSchemas, type RoomEvent, type Update } from '../../../src/protocol/room-events.ts';
import type { RoomSnapshot } from '../../../src/protocol/snapshot.ts';
import type { Finding, Heard, History } from '../history.ts';

/** One commit as clients of one kind received it. */
export interface Told {
  readonly version: number;
  readonly after: number;
  readonly at: number;
  readonly events: readonly RoomEvent[];
  /** When the first client received it. */
  readonly heardAt: number;
}

export interface Epoch {
  readonly roomId: string;
  readonly epoch: string;
  readonly told: Readonly<Record<MemberKind, Map<number, Told>>>;
  readonly snapshots: RoomSnapshot[];
  /** When the first client learned of this epoch. */
  firstAt: number;
}

export interface Books {
  /** By room; the epochs in the order in which clients learned of them. */
  readonly rooms: ReadonlyMap<string, readonly Epoch[]>;
  /** Cases in which two clients received different updates under one version. */
  readonly findings: readonly Finding[];
}

const isPublic = (event: RoomEvent): boolean => Object.hasOwn(publicEventSchemas, event.type);
export const isStaffSnapshot = (room: RoomSnapshot): boolean => room.requests !== undefined;

/** Goes through the history once. */
export function keepBooks(history: History): Books {
  const rooms = new Map<string, Map<string, Epoch>>();
  const findings: Finding[] = [];
  const epochOf = (roomId: string, epoch: string, at: number): Epoch => {
    const epochs = rooms.get(roomId) ?? new Map<string, Epoch>();
    rooms.set(roomId, epochs);
    const known = epochs.get(epoch);
    if (known) return known;
    const fresh = { roomId, epoch, told: { public: new Map(), staff: new Map() }, snapshots: [], firstAt: at };
    epochs.set(epoch, fresh);
    return fresh;
  };
  for (const entry of history) {
    if (entry.kind === 'shown') epochOf(entry.room.roomId, entry.room.epoch, entry.at).snapshots.push(entry.room);
    if (entry.kind !== 'heard') continue;
    const book = epochOf(entry.roomId, entry.epoch, entry.at);
    for (const update of entry.updates) findings.push(...enter(book, entry, update));
  }
  for (const epochs of rooms.values()) for (const book of epochs.values()) findings.push(...kindsDiffer(book));
  return { rooms: new Map([...rooms].map(([roomId, epochs]) => [roomId, [...epochs.values()]])), findings };
}

function enter(book: Epoch, { as, at, client }: Heard, update: Update): Finding[] {
  const known = book.told[as].get(update.version);
  if (!known) {
    book.told[as].set(update.version, { ...update, heardAt: at });
    return [];
  }
  const isSame = known.after === update.after && known.at === update.at && sameEvents(known.events, update.events);
  if (isSame) return [];
  return [
    {
      rule: 'SYNC-3: one version is the same for all clients of a kind',
      facts: `${book.roomId} ${book.epoch} ${as} ${update.version}, to ${client}: ${JSON.stringify([known, update])}`,
    },
  ];
}

const sameEvents = (a: readonly RoomEvent[], b: readonly RoomEvent[]): boolean => a === b || isDeepStrictEqual(a, b);

/** Everything that the public gets of a commit is the public part of what staff gets. */
function kindsDiffer(book: Epoch): Finding[] {
  return [...book.told.public.values()].flatMap((told) => {
    const staff = book.told.staff.get(told.version);
    if (!staff || sameEvents(staff.events.filter(isPublic), told.events)) return [];
    const facts = `${book.roomId} ${book.epoch} ${told.version}: ${JSON.stringify([staff.events, told.events])}`;
    return [{ rule: 'SYNC-5: staff gets all that the public gets', facts }];
  });
}

/** The commits of one kind in order. */
export const inOrder = (book: Epoch, kind: MemberKind): Told[] =>
  [...book.told[kind].values()].sort((a, b) => a.version - b.version);

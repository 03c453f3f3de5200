// Everything that all clients together received of a room, by epoch and commit. It finds commits that differ between
// clients.
import { isDeepStrictEqual } from 'node:util';
import type { MemberKind } from '../../../src/domain/view.ts';
import { publicEventSchemas, type RoomEvent, type Update } from '../../../src/protocol/room-events.ts';
import type { RoomSnapshot } from '../../../src/protocol/snapshot.ts';
import type { Finding, History, UpdatesEntry } from '../history.ts';

/** One commit as clients of one kind received it. */
export interface SeenCommit {
  readonly version: number;
  readonly after: number;
  readonly at: number;
  readonly events: readonly RoomEvent[];
  /** When the first client received it. */
  readonly seenAt: number;
}

export interface Epoch {
  readonly roomId: string;
  readonly epoch: string;
  readonly commits: Readonly<Record<MemberKind, Map<number, SeenCommit>>>;
  readonly snapshots: RoomSnapshot[];
  /** When the first client learned of this epoch. */
  firstSeenAt: number;
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
    const fresh = { roomId, epoch, commits: { public: new Map(), staff: new Map() }, snapshots: [], firstSeenAt: at };
    epochs.set(epoch, fresh);
    return fresh;
  };
  for (const entry of history) {
    if (entry.kind === 'snapshot') epochOf(entry.room.roomId, entry.room.epoch, entry.at).snapshots.push(entry.room);
    if (entry.kind !== 'updates') continue;
    const book = epochOf(entry.roomId, entry.epoch, entry.at);
    for (const update of entry.updates) findings.push(...enter(book, entry, update));
  }
  for (const epochs of rooms.values()) for (const book of epochs.values()) findings.push(...kindsDiffer(book));
  return { rooms: new Map([...rooms].map(([roomId, epochs]) => [roomId, [...epochs.values()]])), findings };
}

function enter(book: Epoch, { as, at, client }: UpdatesEntry, update: Update): Finding[] {
  const known = book.commits[as].get(update.version);
  if (!known) {
    book.commits[as].set(update.version, { ...update, seenAt: at });
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
  return [...book.commits.public.values()].flatMap((commit) => {
    const staff = book.commits.staff.get(commit.version);
    if (!staff || sameEvents(staff.events.filter(isPublic), commit.events)) return [];
    const facts = `${book.roomId} ${book.epoch} ${commit.version}: ${JSON.stringify([staff.events, commit.events])}`;
    return [{ rule: 'SYNC-5: staff gets all that the public gets', facts }];
  });
}

/** The commits of one kind in order. */
export const inOrder = (book: Epoch, kind: MemberKind): SeenCommit[] =>
  [...book.commits[kind].values()].sort((a, b) => a.version - b.version);

// Checks the order of versions. Each kind has one unbroken chain, each snapshot equals the fold of the chain, and each
// client ends with the state of the room.
import { isDeepStrictEqual } from 'node:util';
import { applyView, type MemberKind, type View } from '../../../src/domain/view.ts';
import type { RoomSnapshot } from '../../../src/protocol/snapshot.ts';
import { ClientView, toView } from '../../support/client-view.ts';
import type { Finding, History } from '../history.ts';
import { type Books, type Epoch, inOrder, isStaffSnapshot, keepBooks, type SeenCommit } from './room-book.ts';

/** `finals`: the rooms as a new member sees them when all is quiet. Without them the last states are not compared. */
export function checkVersionOrder(history: History, finals: readonly RoomSnapshot[] = []): Finding[] {
  const books = keepBooks(history);
  const epochs = [...books.rooms.values()].flat();
  return [
    ...books.findings,
    ...epochs.flatMap((book) => [...chainFindings(book, 'public'), ...chainFindings(book, 'staff')]),
    ...epochs.flatMap((book) => [...snapshotFindings(book, 'public'), ...snapshotFindings(book, 'staff')]),
    ...seatFindings(books),
    ...endFindings(history, finals),
  ];
}

/** `after` names the version before. A hole is a fault only if no snapshot lies in between. */
function chainFindings(book: Epoch, kind: MemberKind): Finding[] {
  const chain = inOrder(book, kind);
  const shown = book.snapshots.map(({ version }) => version);
  return chain.slice(1).flatMap((next, index) => {
    const before = chain[index] as SeenCommit;
    const where = `${book.roomId} ${book.epoch} ${kind}: ${before.version}, then ${next.version} after ${next.after}`;
    if (next.after < before.version) return [{ rule: 'SYNC-1: after names the version before', facts: where }];
    const isBridged = next.after === before.version || shown.some((at) => at >= next.after && at < next.version);
    return isBridged ? [] : [{ rule: 'SYNC-3: versions without a hole', facts: where }];
  });
}

/** Folds on from the earliest snapshot and compares with each later one. */
function snapshotFindings(book: Epoch, kind: MemberKind): Finding[] {
  const snapshots = book.snapshots
    .filter((room) => isStaffSnapshot(room) === (kind === 'staff'))
    .sort((a, b) => a.version - b.version);
  const [first] = snapshots;
  if (!first) return [];
  const chain = inOrder(book, kind);
  let view = toView(first);
  let version = first.version;
  let next = chain.findIndex((commit) => commit.version > version);
  if (next < 0) next = chain.length;
  const findings: Finding[] = [];
  for (const room of snapshots) {
    let isComparable = true;
    for (let commit = chain[next]; commit && commit.version <= room.version; commit = chain[++next]) {
      // Nothing can be folded over a hole: from here on the snapshot is taken as it is.
      if (commit.after > version) isComparable = false;
      view = commit.events.reduce(applyView, view);
      version = commit.version;
    }
    // A commit that no client of this kind received may be in the snapshot, unless a later commit says otherwise.
    const after = chain[next]?.after;
    if (room.version > version && (after === undefined || after > version)) isComparable = false;
    if (isComparable && !isDeepStrictEqual(view, toView(room))) {
      const facts = `${book.roomId} ${book.epoch} ${kind} ${room.version}: ${difference(view, toView(room))}`;
      findings.push({ rule: 'SYNC-3: a snapshot equals the fold of the history', facts });
    }
    view = toView(room);
    version = Math.max(version, room.version);
  }
  return findings;
}

function difference(folded: View, shown: View): string {
  const names = (Object.keys(shown) as (keyof View)[]).filter((name) => !isDeepStrictEqual(folded[name], shown[name]));
  return JSON.stringify(names.map((name) => [name, folded[name], shown[name]]));
}

/** SEAT-1, in every snapshot. */
function seatFindings({ rooms }: Books): Finding[] {
  return [...rooms.values()].flat().flatMap(({ roomId, snapshots }) =>
    snapshots.flatMap(({ seats, version }) => {
      const users = seats.flatMap(({ occupant }) => (occupant ? [occupant.userId] : []));
      if (new Set(users).size === users.length) return [];
      return [{ rule: 'SEAT-1: no user on two seats', facts: `${roomId} ${version}: ${users}` }];
    }),
  );
}

/** Compares what each client in the room has folded with the room as it is. */
function endFindings(history: History, finals: readonly RoomSnapshot[]): Finding[] {
  if (finals.length === 0) return [];
  const byRoom = new Map(finals.map((room) => [room.roomId as string, room]));
  const ends = new Map<string, { view: ClientView | null; isInside: boolean; roomId: string }>();
  for (const entry of history) {
    if (!('roomId' in entry) && entry.kind !== 'snapshot') continue;
    const roomId = entry.kind === 'snapshot' ? entry.room.roomId : entry.roomId;
    const key = `${entry.client} in ${roomId}`;
    const end = ends.get(key) ?? { view: null, isInside: false, roomId };
    ends.set(key, end);
    if (entry.kind === 'inside' || entry.kind === 'outside') end.isInside = entry.kind === 'inside';
    if (entry.kind === 'snapshot') end.view = new ClientView(entry.room);
    if (entry.kind === 'updates' && end.view?.epoch === entry.epoch) {
      for (const update of entry.updates) end.view.take(update);
    }
  }
  return [...ends].flatMap(([who, { view, isInside, roomId }]) => {
    const room = byRoom.get(roomId);
    if (!isInside || !room) return [];
    if (view?.epoch === room.epoch && isDeepStrictEqual(publicPart(view.view), publicPart(toView(room)))) return [];
    const facts = `${who}: ${view?.epoch} ${view?.version}, the room ${room.epoch} ${room.version}`;
    return [{ rule: 'SYNC-4: no client keeps an old view', facts }];
  });
}

const publicPart = ({ requests: _requests, invitations: _invitations, ...rest }: View) => rest;

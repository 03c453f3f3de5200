// One epoch of a room as staff saw it, as a sequence of states: before, between and after the events of each commit.
import { apply } from '../../../src/domain/apply.ts';
import { ROOM_SCHEMA, type RoomState } from '../../../src/domain/room.ts';
import type { RoomEvent } from '../../../src/protocol/room-events.ts';
import type { RoomSnapshot } from '../../../src/protocol/snapshot.ts';
import { toView } from '../../support/client-view.ts';
import { type Epoch, inOrder, isStaffSnapshot } from './room-book.ts';

/**
 * The state before `events`. These are the events of the commit that are still to come; at the end of a commit there
 * are none.
 */
export interface Moment {
  readonly state: RoomState;
  readonly events: readonly RoomEvent[];
  /** Store time of the commit. */
  readonly at: number;
}

export interface StatesAtVersion {
  /** The states within the version's commit. Without a commit it is the one state that the version left unchanged. */
  readonly moments: readonly Moment[];
  /** A snapshot took staff past that version, so what happened in it is unknown. */
  readonly isUnknown: boolean;
}

export interface StageTimeline {
  readonly roomId: string;
  readonly epoch: string;
  /** What is known of a version. */
  at(version: number): StatesAtVersion;
  /** Every commit with the states within it, in order. */
  readonly commits: readonly { readonly version: number; readonly moments: readonly Moment[] }[];
  /** The first version of the epoch that staff saw; Infinity: none. */
  readonly firstVersion: number;
  /** The highest version that staff saw. */
  readonly lastVersion: number;
  /** When the first client learned of the epoch. */
  readonly firstSeenAt: number;
  /** The first state of the epoch that staff saw. */
  readonly first: RoomState | null;
}

interface Piece {
  readonly version: number;
  readonly moments: readonly Moment[];
  readonly isCommit: boolean;
}

/** Only the view of staff is complete enough to go on from. An epoch that no staff client saw has no states. */
export function stageTimeline(book: Epoch): StageTimeline {
  const pieces = piecesOf(book);
  return {
    roomId: book.roomId,
    epoch: book.epoch,
    firstVersion: pieces[0]?.version ?? Number.POSITIVE_INFINITY,
    lastVersion: pieces.at(-1)?.version ?? 0,
    firstSeenAt: book.firstSeenAt,
    at(version) {
      // The commit of that version, or the last piece before it if that one reaches as far.
      const index = pieces.findLastIndex((piece) => piece.version <= version);
      const found = pieces[index];
      if (!found) return { moments: [], isUnknown: false };
      if (found.version === version) return { moments: found.moments, isUnknown: !found.isCommit };
      const next = pieces[index + 1];
      const isWithinHole = next !== undefined && !next.isCommit;
      return { moments: isWithinHole ? [] : found.moments.slice(-1), isUnknown: isWithinHole };
    },
    commits: pieces.filter(({ isCommit }) => isCommit),
    first: pieces[0]?.moments[0]?.state ?? null,
  };
}

function piecesOf(book: Epoch): Piece[] {
  const snapshots = book.snapshots.filter(isStaffSnapshot).sort((a, b) => a.version - b.version);
  const [first] = snapshots;
  if (!first) return [];
  let state = toState(first);
  let version = first.version;
  const pieces: Piece[] = [standing(first, state)];
  for (const commit of inOrder(book, 'staff')) {
    if (commit.version <= version) continue;
    if (commit.after > version) {
      // A hole that staff crossed by a snapshot.
      const bridge = snapshots.find((room) => room.version >= commit.after && room.version < commit.version);
      if (!bridge) break;
      state = toState(bridge);
      pieces.push(standing(bridge, state));
    }
    const moments: Moment[] = [];
    commit.events.forEach((event, index) => {
      moments.push({ state, events: commit.events.slice(index), at: commit.at });
      state = apply(state, event);
    });
    moments.push({ state, events: [], at: commit.at });
    version = commit.version;
    pieces.push({ version, moments, isCommit: true });
  }
  const last = snapshots.at(-1);
  if (last && last.version > version) pieces.push(standing(last, toState(last)));
  return pieces;
}

const standing = (room: RoomSnapshot, state: RoomState): Piece => ({
  version: room.version,
  moments: [{ state, events: [], at: 0 }],
  isCommit: false,
});

/** The room as staff sees it. Data that no snapshot has (members away without a seat, old outcomes) is left out. */
function toState(room: RoomSnapshot): RoomState {
  const { settings, roles, seats, attributes, requests, invitations } = toView(room);
  return {
    schema: ROOM_SCHEMA,
    roomId: room.roomId,
    settings,
    roles,
    seats,
    attributes,
    secrets: { passwordHash: settings.hasPassword ? 'hidden' : null },
    requests: requests ?? [],
    invitations: invitations ?? [],
    outcomes: [],
    away: {},
    closed: null,
  };
}

// This node's copy of a room. It moves from version to version by commits, in order, and returns what changed.
import { applyAll } from '../../domain/apply.ts';
import { isEntryChanged } from '../../domain/room.ts';
import { isUnderstood, visibleTo } from '../../domain/view.ts';
import { isNewer } from '../../store/room-recovery.ts';
import type { CommitRecord, StoredRoom } from '../../store/room-store.ts';

/** The room before and after something happened to the copy. */
export interface Transition {
  readonly before: StoredRoom;
  readonly after: StoredRoom;
}

/** One commit was applied. */
export interface CommitApplied extends Transition {
  readonly kind: 'committed';
  readonly record: CommitRecord;
}

/** Another copy took the place of this one: the commits between them are not known. */
export interface CopyReplaced extends Transition {
  readonly kind: 'replaced';
}

/**
 * One change of the copy; see LiveRoom.#apply, where all of them take effect. Commits come in version order, each at
 * most once on a node. A node that dies loses the list: the crash-safe source is the room's log (RoomStore.since).
 */
export type RoomChange = CommitApplied | CopyReplaced;

/** A `gap` or `unknownEvents` (of a newer server) changes nothing: commits or the whole room have to be read. */
export interface Received {
  readonly status: 'applied' | 'known' | 'gap' | 'unknownEvents';
  readonly changes: readonly RoomChange[];
}

export interface RoomCopy {
  readonly current: StoredRoom;
}

/** The room after a commit; the same on every node, because it follows from the record alone. */
export function advance(room: StoredRoom, record: CommitRecord): StoredRoom {
  const state = applyAll(room.state, record.events);
  const { version } = record;
  return {
    epoch: room.epoch,
    replicationId: room.replicationId,
    version,
    publicVersion: visibleTo('public', record.events).length > 0 ? version : room.publicVersion,
    staffVersion: visibleTo('staff', record.events).length > 0 ? version : room.staffVersion,
    entryVersion: isEntryChanged(room.state, state) ? room.entryVersion + 1 : room.entryVersion,
    state,
  };
}

export class RoomReplica implements RoomCopy {
  #current: StoredRoom;

  constructor(room: StoredRoom) {
    this.#current = room;
  }

  get current(): StoredRoom {
    return this.#current;
  }

  hasApplied({ epoch, version }: Pick<CommitRecord, 'epoch' | 'version'>): boolean {
    return epoch === this.#current.epoch && version <= this.#current.version;
  }

  /** Takes one commit, from any source: own turn, conflict, feed or log. */
  receive(record: CommitRecord): Received {
    const before = this.#current;
    if (record.epoch !== before.epoch || record.version > before.version + 1) return { status: 'gap', changes: [] };
    if (this.hasApplied(record)) return { status: 'known', changes: [] };
    if (!isUnderstood(record.events)) return { status: 'unknownEvents', changes: [] };
    const after = advance(before, record);
    this.#current = after;
    return { status: 'applied', changes: [{ kind: 'committed', before, after, record }] };
  }

  /** Takes missed commits in their order. If one of them has unknown events, none is taken. */
  receiveAll(records: readonly CommitRecord[]): Received {
    const missed = records.filter((record) => !this.hasApplied(record));
    if (!missed.every(({ events }) => isUnderstood(events))) return { status: 'unknownEvents', changes: [] };
    return { status: 'applied', changes: missed.flatMap((record) => this.receive(record).changes) };
  }

  /** Takes a whole room, unless the copy is as new. */
  replaceIfNewer(room: StoredRoom): readonly RoomChange[] {
    return isNewer(room, this.#current) ? this.replace(room) : [];
  }

  /** Takes a whole room at any position, as recovery decided it. */
  replace(room: StoredRoom): readonly RoomChange[] {
    const before = this.#current;
    this.#current = room;
    return [{ kind: 'replaced', before, after: room }];
  }
}

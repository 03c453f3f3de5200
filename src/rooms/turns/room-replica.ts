// This node's copy of a room: moves from version to version by commits, in order. Never decides, never asks the store.

import { applyAll } from '../../domain/apply.ts';
import { isEntryChanged } from '../../domain/room.ts';
import { isUnderstood, visibleTo } from '../../domain/view.ts';
import { isNewer } from '../../store/room-recovery.ts';
import type { CommitRecord, StoredRoom } from '../../store/room-store.ts';

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

export interface ReplicaObserver {
  /** One commit was applied. */
  committed(before: StoredRoom, after: StoredRoom, record: CommitRecord): void;
  /** The copy was exchanged for another one: what lies between is not known. */
  replaced(before: StoredRoom, after: StoredRoom): void;
  /** The commits that `receive` applies follow each other in one moment. */
  together(receive: () => void): void;
}

export class RoomReplica {
  #current: StoredRoom;
  readonly #observer: ReplicaObserver;

  constructor(room: StoredRoom, observer: ReplicaObserver) {
    this.#current = room;
    this.#observer = observer;
  }

  get current(): StoredRoom {
    return this.#current;
  }

  /** Whether that commit is part of this copy. */
  hasApplied({ epoch, version }: Pick<CommitRecord, 'epoch' | 'version'>): boolean {
    return epoch === this.#current.epoch && version <= this.#current.version;
  }

  /**
   * Takes a commit from wherever it comes: own turn, conflict, feed or log. A `gap` changes nothing; so does a commit that
   * is `foreign`, which only the whole room can make up for: a newer server says something in it that means nothing here.
   */
  receive(record: CommitRecord): 'applied' | 'known' | 'gap' | 'foreign' {
    const before = this.#current;
    if (record.epoch !== before.epoch || record.version > before.version + 1) return 'gap';
    if (this.hasApplied(record)) return 'known';
    if (!isUnderstood(record.events)) return 'foreign';
    this.#current = advance(before, record);
    this.#observer.committed(before, this.#current, record);
    return 'applied';
  }

  /**
   * Takes commits that were missed, in their order. They are told as one: who was given a seat and has lost it since must
   * not believe in it in between. If one of them is foreign, none is taken: the whole room takes their place.
   */
  receiveAll(records: readonly CommitRecord[]): 'followed' | 'foreign' {
    const missed = records.filter((record) => !this.hasApplied(record));
    if (!missed.every(({ events }) => isUnderstood(events))) return 'foreign';
    this.#observer.together(() => {
      for (const record of missed) this.receive(record);
    });
    return 'followed';
  }

  /** Takes a whole room, unless the copy is as new. */
  replaceIfNewer(room: StoredRoom): void {
    if (isNewer(room, this.#current)) this.replace(room);
  }

  /** Takes a whole room, whatever its position: it is what the store has settled. */
  replace(room: StoredRoom): void {
    const before = this.#current;
    this.#current = room;
    this.#observer.replaced(before, room);
  }
}

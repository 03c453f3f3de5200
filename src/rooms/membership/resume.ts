// What somebody missed who comes back with a position (SYNC-2, ROOM-2). Must not know connections.
import { isUnderstood, type MemberKind } from '../../domain/view.ts';
import type { CommitRecord, RoomStore } from '../../store/room-store.ts';
import { toUpdate } from '../audience/snapshot-builder.ts';
import type { LiveRoom } from '../live/live-room.ts';

export interface Position {
  readonly epoch: string;
  readonly version: number;
}

export interface Resuming {
  readonly userId: string;
  /** What he is shown the history as, once the room is up to date. */
  readonly kind: (room: LiveRoom) => MemberKind;
  readonly position: Position;
}

/**
 * The updates since that position, as his kind is shown them; null when only the whole room will do: the log does not
 * cover the gap, his kind changed in it (SYNC-8), or a newer server said in it what means nothing here. Brings this
 * node's copy up to date, too.
 */
export async function missedSince(store: RoomStore, room: LiveRoom, { userId, kind, position }: Resuming) {
  const read = await store.since(room.roomId, position);
  await room.catchUp();
  if (read.status !== 'records' || !read.records.every(({ events }) => isUnderstood(events))) return null;
  if (read.records.some((record) => concernsRoleOf(record, userId))) return null;
  const shownAs = kind(room);
  const updates = read.records.flatMap((record) => toUpdate(record, shownAs) ?? []);
  return { updates, epoch: position.epoch, version: read.version };
}

const concernsRoleOf = (record: CommitRecord, userId: string): boolean =>
  record.events.some((event) => {
    if (event.type === 'admin.added' || event.type === 'admin.removed') return event.userId === userId;
    return event.type === 'owner.changed' && (event.from === userId || event.to === userId);
  });

// Resuming from a position: the updates that a client missed (SYNC-2, ROOM-2).
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
  /** The user's kind in that room; asked once the copy is up to date. */
  readonly kind: (room: LiveRoom) => MemberKind;
  readonly position: Position;
}

export type MissedUpdates = NonNullable<Awaited<ReturnType<typeof missedSince>>>;

/**
 * The updates since that position, as the user's kind may see them. Null when only a snapshot will do. Then the log
 * does not cover the gap, the user's kind changed in it (SYNC-8), or it has events that this version does not know.
 * Brings this node's copy up to date as well. Rejects as the store does.
 */
export async function missedSince(store: RoomStore, room: LiveRoom, { userId, kind, position }: Resuming) {
  const read = await store.since(room.roomId, position);
  await room.catchUp();
  if (read.status !== 'records' || !read.records.every(({ events }) => isUnderstood(events))) return null;
  if (read.records.some((record) => concernsRoleOf(record, userId))) return null;
  const kindNow = kind(room);
  const updates = read.records.flatMap((record) => toUpdate(record, kindNow) ?? []);
  return { updates, epoch: position.epoch, version: read.version };
}

const concernsRoleOf = (record: CommitRecord, userId: string): boolean =>
  record.events.some((event) => {
    if (event.type === 'admin.added' || event.type === 'admin.removed') return event.userId === userId;
    return event.type === 'owner.changed' && (event.from === userId || event.to === userId);
  });

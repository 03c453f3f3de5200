// Resuming from a position: the updates that a client missed (SYNC-2, ROOM-2).
import { isUnderstood, kindOf } from '../../domain/view.ts';
import type { CommitRecord, RoomStore } from '../../store/room-store.ts';
import { toUpdate } from '../audience/snapshot-builder.ts';
import { SERVICE_USER } from '../contract/service.ts';
import type { LiveRoom } from '../live/live-room.ts';

interface Resuming {
  readonly userId: string;
  readonly position: { readonly epoch: string; readonly version: number };
}

export type MissedUpdates = NonNullable<Awaited<ReturnType<typeof missedSince>>>;

/**
 * The updates since that position, as the user may see them; the app's backend sees what staff sees. Null when only a
 * snapshot will do. Then the log does not cover the gap, the user's kind changed in it (SYNC-8), or it has events that
 * this version does not know. Brings this node's copy up to date as well. Rejects as the store does.
 */
export async function missedSince(store: RoomStore, room: LiveRoom, { userId, position }: Resuming) {
  const read = await store.since(room.roomId, position);
  await room.catchUp();
  if (read.status !== 'records' || !read.records.every(({ events }) => isUnderstood(events))) return null;
  if (read.records.some((record) => concernsRoleOf(record, userId))) return null;
  const kind = userId === SERVICE_USER ? 'staff' : kindOf(room.current.state, userId);
  const updates = read.records.flatMap((record) => toUpdate(record, kind) ?? []);
  return { updates, epoch: position.epoch, version: read.version };
}

const concernsRoleOf = (record: CommitRecord, userId: string): boolean =>
  record.events.some((event) => {
    if (event.type === 'admin.added' || event.type === 'admin.removed') return event.userId === userId;
    return event.type === 'owner.changed' && (event.from === userId || event.to === userId);
  });

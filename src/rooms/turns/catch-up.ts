// Reads what this node's copy of a room lacks.
import { isUnderstood } from '../../domain/view.ts';
import type { CommitRecord, RoomStore, StoredRoom } from '../../store/room-store.ts';

/** What the store has beyond a copy: commits, a whole room, or no room at all. */
export type Missed =
  | { readonly kind: 'records'; readonly records: readonly CommitRecord[] }
  | { readonly kind: 'room'; readonly room: StoredRoom }
  | { readonly kind: 'absent' };

/** Throws as the store does. If a commit has events that mean nothing to this node, the whole room is read instead. */
export async function readMissed(store: RoomStore, copy: StoredRoom): Promise<Missed> {
  const { roomId } = copy.state;
  const read = await store.since(roomId, copy);
  if (read.status === 'absent') return { kind: 'absent' };
  if (read.status === 'room') return { kind: 'room', room: read.room };
  if (read.records.every(({ events }) => isUnderstood(events))) return { kind: 'records', records: read.records };
  const room = await store.load(roomId);
  return room ? { kind: 'room', room } : { kind: 'records', records: [] };
}

/** Whether the copy is at least at that position; a copy of another epoch is not. */
export const isAtLeast = (copy: StoredRoom, { epoch, version }: Pick<StoredRoom, 'epoch' | 'version'>): boolean =>
  copy.epoch === epoch && copy.version >= version;

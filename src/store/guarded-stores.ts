// Stores through which a node writes only as long as its lease is certain: around any engine. Must not know how that is
// judged, nor change what it passes on.
//
// What is looked at here is true when it is looked at. That it is still true when the write takes place is the store's
// part: whatever arrives more than CLOCK_TOLERANCE_MS after it was sent is refused there, and so long the lease is certain
// to last. So a node that was stopped for half a minute between the two writes nothing when it goes on.
import type { MessageStore } from './message-store.ts';
import type { PresenceStore } from './presence-store.ts';
import type { RoomStore } from './room-store.ts';
import { StaleWriteError, StoreUnavailableError } from './store-errors.ts';

export interface LeaseGuard {
  /** Whether this node may write now. */
  readonly isLeaseCertain: boolean;
}

interface WriteGuard {
  readonly fence: LeaseGuard;
  /** Store time, Unix milliseconds. */
  readonly now: () => number;
}

function check(fence: LeaseGuard): void {
  if (!fence.isLeaseCertain) throw new StoreUnavailableError('this node may not write: its lease is not certain');
}

/** Once more when it was late: the refusal has brought the store's time along, in case this node's idea of it was wrong. */
async function dated<Result>(
  { fence, now }: WriteGuard,
  send: (decidedAt: number) => Promise<Result>,
): Promise<Result> {
  check(fence);
  try {
    return await send(now());
  } catch (error) {
    if (!(error instanceof StaleWriteError)) throw error;
    check(fence);
    return send(now());
  }
}

/** Reading is everybody's right, and so is settling: whose copy may count is judged there. Commits bring their own time. */
export const guardRoomStore = (store: RoomStore, fence: LeaseGuard): RoomStore => ({
  now: () => store.now(),
  recall: (roomId, key) => store.recall(roomId, key),
  load: (roomId) => store.load(roomId),
  since: (roomId, position) => store.since(roomId, position),
  keep: (roomId) => store.keep(roomId),
  async create(room, creation) {
    check(fence);
    return store.create(room, creation);
  },
  async commit(commit) {
    check(fence);
    return store.commit(commit);
  },
});

export const guardPresenceStore = (presence: PresenceStore, fencing: WriteGuard): PresenceStore => ({
  find: (roomId, userIds) => presence.find(roomId, userIds),
  count: (roomId) => presence.count(roomId),
  sample: (roomId, limit) => presence.sample(roomId, limit),
  page: (roomId, query) => presence.page(roomId, query),
  join: (roomId, joining) => dated(fencing, (decidedAt) => presence.join(roomId, { ...joining, decidedAt })),
  leave: (roomId, session) => dated(fencing, (decidedAt) => presence.leave(roomId, { ...session, decidedAt })),
});

export const guardMessageStore = (messages: MessageStore, fencing: WriteGuard): MessageStore => ({
  recent: (roomId) => messages.recent(roomId),
  write: (roomId, sayings, cap) =>
    dated(fencing, (decidedAt) =>
      messages.write(
        roomId,
        sayings.map((saying) => ({ ...saying, decidedAt })),
        cap,
      ),
    ),
  delete: (roomId, deletion) => dated(fencing, (decidedAt) => messages.delete(roomId, { ...deletion, decidedAt })),
  signal: (roomId, signal) => dated(fencing, (decidedAt) => messages.signal(roomId, { ...signal, decidedAt })),
});

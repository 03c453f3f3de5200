// Stores through which a node writes only as long as its lease is certain: around any engine. Must not know how that is
// judged, nor change what it passes on.
//
// What is looked at here is true when it is looked at. That it is still true when the write takes place is the store's
// part: whatever arrives more than CLOCK_TOLERANCE_MS after it was sent is refused there, and so long the lease is certain
// to last. So a node that was stopped for half a minute between the two writes nothing when it goes on.
import type { MessageStore } from './message-store.ts';
import type { PresenceStore } from './presence-store.ts';
import type { RoomStore } from './room-store.ts';
import { LateError, StoreUnavailableError } from './store-errors.ts';

export interface Fence {
  /** Whether this node may write now. */
  readonly isHeld: boolean;
}

interface Fencing {
  readonly fence: Fence;
  /** Store time, Unix milliseconds. */
  readonly now: () => number;
}

function check(fence: Fence): void {
  if (!fence.isHeld) throw new StoreUnavailableError('this node may not write: its lease is not certain');
}

/** Once more when it was late: the refusal has brought the store's time along, in case this node's idea of it was wrong. */
async function dated<Result>({ fence, now }: Fencing, send: (decidedAt: number) => Promise<Result>): Promise<Result> {
  check(fence);
  try {
    return await send(now());
  } catch (error) {
    if (!(error instanceof LateError)) throw error;
    check(fence);
    return send(now());
  }
}

/** Reading is everybody's right, and so is settling: whose copy may count is judged there. Commits bring their own time. */
export const fenceRooms = (store: RoomStore, fence: Fence): RoomStore => ({
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

export const fencePresence = (presence: PresenceStore, fencing: Fencing): PresenceStore => ({
  find: (roomId, userIds) => presence.find(roomId, userIds),
  count: (roomId) => presence.count(roomId),
  sample: (roomId, limit) => presence.sample(roomId, limit),
  page: (roomId, query) => presence.page(roomId, query),
  join: (roomId, joining) => dated(fencing, (decidedAt) => presence.join(roomId, { ...joining, decidedAt })),
  leave: (roomId, session) => dated(fencing, (decidedAt) => presence.leave(roomId, { ...session, decidedAt })),
});

export const fenceMessages = (messages: MessageStore, fencing: Fencing): MessageStore => ({
  recent: (roomId) => messages.recent(roomId),
  say: (roomId, sayings, cap) =>
    dated(fencing, (decidedAt) =>
      messages.say(
        roomId,
        sayings.map((saying) => ({ ...saying, decidedAt })),
        cap,
      ),
    ),
  delete: (roomId, deletion) => dated(fencing, (decidedAt) => messages.delete(roomId, { ...deletion, decidedAt })),
  signal: (roomId, signal) => dated(fencing, (decidedAt) => messages.signal(roomId, { ...signal, decidedAt })),
});

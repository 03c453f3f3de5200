// Stores through which a node writes only while its lease is certain, around any engine. They change nothing that they
// pass on but the time of sending.
//
// The check here is true at the moment of the check. For the moment of the write the store takes care: it refuses what
// arrives more than CLOCK_TOLERANCE_MS after it was sent. A certain lease lasts longer than that. So a node that was
// stopped for half a minute between check and write changes nothing when it goes on.
import type { MessageStore } from './message-store.ts';
import type { PresenceStore } from './presence-store.ts';
import type { RoomStore } from './room-store.ts';
import { StaleWriteError, StoreUnavailableError } from './store-errors.ts';

export interface LeaseGuard {
  /** Whether this node may write now. */
  readonly isLeaseCertain: boolean;
}

interface WriteGuard {
  readonly lease: LeaseGuard;
  /** Store time, Unix milliseconds. */
  readonly now: () => number;
}

function check(lease: LeaseGuard): void {
  if (!lease.isLeaseCertain) throw new StoreUnavailableError('this node may not write: its lease is not certain');
}

/** Sends once more after a stale write: the refusal brought the store's time, which this node may have had wrong. */
async function withSentAt<Result>(
  { lease, now }: WriteGuard,
  send: (decidedAt: number) => Promise<Result>,
): Promise<Result> {
  check(lease);
  try {
    return await send(now());
  } catch (error) {
    if (!(error instanceof StaleWriteError)) throw error;
    check(lease);
    return send(now());
  }
}

/** Reads need no lease. Neither does recovery, which judges whose copy counts. Commits bring their own time. */
export const guardRoomStore = (store: RoomStore, lease: LeaseGuard): RoomStore => ({
  now: () => store.now(),
  recall: (roomId, key) => store.recall(roomId, key),
  load: (roomId) => store.load(roomId),
  since: (roomId, position) => store.since(roomId, position),
  keep: (roomId) => store.keep(roomId),
  async create(room, creation) {
    check(lease);
    return store.create(room, creation);
  },
  async commit(commit) {
    check(lease);
    return store.commit(commit);
  },
});

export const guardPresenceStore = (presence: PresenceStore, guard: WriteGuard): PresenceStore => ({
  find: (roomId, userIds) => presence.find(roomId, userIds),
  count: (roomId) => presence.count(roomId),
  sample: (roomId, limit) => presence.sample(roomId, limit),
  page: (roomId, query) => presence.page(roomId, query),
  join: (roomId, joining) => withSentAt(guard, (decidedAt) => presence.join(roomId, { ...joining, decidedAt })),
  leave: (roomId, session) => withSentAt(guard, (decidedAt) => presence.leave(roomId, { ...session, decidedAt })),
});

export const guardMessageStore = (messages: MessageStore, guard: WriteGuard): MessageStore => ({
  recent: (roomId) => messages.recent(roomId),
  write: (roomId, batch, cap) =>
    withSentAt(guard, (decidedAt) =>
      messages.write(
        roomId,
        batch.map((message) => ({ ...message, decidedAt })),
        cap,
      ),
    ),
  delete: (roomId, deletion) => withSentAt(guard, (decidedAt) => messages.delete(roomId, { ...deletion, decidedAt })),
  signal: (roomId, signal) => withSentAt(guard, (decidedAt) => messages.signal(roomId, { ...signal, decidedAt })),
});

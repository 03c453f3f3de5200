// A room store whose commits are timed and counted, around any engine. It changes nothing that it passes on.
import type { Ambient } from '../ops/ambient.ts';
import type { CommitStatus, Metrics } from '../ops/metrics.ts';
import type { RoomStore } from './room-store.ts';
import { OutcomeUnknownError, StoreUnavailableError } from './store-errors.ts';

type MeasureCommitsDeps = Pick<Ambient, 'clock'> & { readonly metrics: Metrics };

/** Only commits are measured, because every command of the stage waits for one. */
export function measureCommits(store: RoomStore, { metrics, clock }: MeasureCommitsDeps): RoomStore {
  return {
    now: () => store.now(),
    create: (room, creation) => store.create(room, creation),
    recall: (roomId, key) => store.recall(roomId, key),
    load: (roomId) => store.load(roomId),
    since: (roomId, position) => store.since(roomId, position),
    keep: (roomId) => store.keep(roomId),
    async commit(commit) {
      const begun = clock.monotonic();
      let status: CommitStatus = 'failed';
      try {
        const result = await store.commit(commit);
        status = result.status;
        return result;
      } catch (error) {
        status = statusOf(error);
        throw error;
      } finally {
        metrics.commitAnswered(status, clock.monotonic() - begun);
      }
    },
  };
}

function statusOf(error: unknown): CommitStatus {
  if (error instanceof StoreUnavailableError) return 'unavailable';
  return error instanceof OutcomeUnknownError ? 'unknown' : 'failed';
}

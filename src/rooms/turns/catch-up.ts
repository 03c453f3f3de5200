// Fills the gap between this node's copy of a room and the store. Must not know what the gap comes from, nor who waits.
import type { RoomId } from '../../protocol/ids.ts';
import type { RoomStore, StoredRoom } from '../../store/room-store.ts';
import { RecoveryRequiredError } from '../../store/store-errors.ts';
import type { CopyValidity } from '../recovery/copy-validity.ts';
import type { StoreContact } from '../recovery/store-contact.ts';
import type { RoomReplica } from './room-replica.ts';

interface CatchUpDeps {
  readonly roomId: RoomId;
  readonly store: RoomStore;
  readonly replica: RoomReplica;
  readonly contact: StoreContact;
  readonly history: CopyValidity;
}

export class CatchUp {
  readonly #deps: CatchUpDeps;
  #running: Promise<void> | null = null;

  constructor(deps: CatchUpDeps) {
    this.#deps = deps;
  }

  /** Concurrent callers share one read. Rejects when the store does not answer. */
  run(): Promise<void> {
    this.#running ??= this.#read().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** The same by a read that begins now: one that is on its way may have begun before what is to be caught up with. */
  async refetch(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await this.run();
  }

  /** Makes sure that this copy is at least there; another epoch counts as not there. */
  async catchUpTo(position: Pick<StoredRoom, 'epoch' | 'version'>): Promise<void> {
    const isThere = () => {
      const { epoch, version } = this.#deps.replica.current;
      return epoch === position.epoch && version >= position.version;
    };
    if (!isThere()) await this.run();
    // The read that was shared may have begun before the position was reached.
    if (!isThere()) await this.run();
  }

  async #read(): Promise<void> {
    const { roomId, store, replica, contact, history } = this.#deps;
    const { term } = contact;
    const read = await store.since(roomId, replica.current).catch((error: unknown) => {
      if (error instanceof RecoveryRequiredError) void history.recover();
      throw error;
    });
    // It has ended unheard, or was lost; settling tells which.
    if (read.status === 'absent') {
      if (!replica.current.state.closed) void history.recover();
      return;
    }
    const isForeign = read.status === 'records' && replica.receiveAll(read.records) === 'foreign';
    const whole = isForeign ? await store.load(roomId) : read.status === 'room' ? read.room : null;
    if (whole) replica.replaceIfNewer(whole);
    history.validated(term);
  }
}

// Whether this node's copy of a room may still speak for it, and what happens when the store has another history than it had
// (SYNC-4). Must not know members' connections or turns.
import type { CancelTimer } from '../../ops/clock.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { UID_MAX } from '../../rtc/rtc-provider.ts';
import type { KeptMessage } from '../../store/message-store.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { Offer } from '../../store/room-recovery.ts';
import type { CommitRecord, StoredRoom } from '../../store/room-store.ts';
import type { SanctionStore } from '../../store/sanction-store.ts';
import { KnownSanctions } from './known-sanctions.ts';
import { type RecoveryDeps, RecoveryRun } from './recovery.ts';
import { offerOf } from './recovery-offer.ts';
import type { StoreContact } from './store-contact.ts';

/** How soon what could not be read is read again. */
const READ_RETRY_MS = 1_000;

export interface CopyValidityDeps extends RecoveryDeps {
  readonly sanctions: SanctionStore;
}

interface CopyValidityPeers {
  readonly roomId: RoomId;
  readonly contact: StoreContact;
  readonly current: () => StoredRoom;
  /** Members who are connected here. */
  readonly localMembers: () => number;
  /** Members whom this node can name, its own first. */
  readonly named: () => readonly MemberRecord[];
  readonly chat: () => readonly KeptMessage[];
  /** Called each time when the room has to be settled. */
  readonly onUnsettled: () => void;
  /** The room under its new epoch. */
  readonly onSettled: (room: StoredRoom) => void;
  /** Nobody has it any more: this copy, as closed. */
  readonly onEnded: (room: StoredRoom) => void;
}

export class CopyValidity {
  readonly #deps: CopyValidityDeps;
  readonly #peers: CopyValidityPeers;
  readonly #settling: RecoveryRun;
  readonly #sanctions = new KnownSanctions();
  /** In which term of contact with the store this copy was last known to be the room; see StoreContact. */
  #term: number | null;
  #cancelRead: CancelTimer = () => undefined;
  #isClosed = false;

  constructor(deps: CopyValidityDeps, peers: CopyValidityPeers) {
    this.#deps = deps;
    this.#peers = peers;
    this.#term = peers.contact.term;
    this.#settling = new RecoveryRun(deps, {
      roomId: peers.roomId,
      offer: () => this.#offer(),
      onSettled: (room) => this.#settled(room),
    });
  }

  onCommit({ events }: CommitRecord): void {
    this.#sanctions.onEvents(events);
  }

  /** This copy is the room as the store had it in that term of contact. */
  validated(term: number | null): void {
    this.#term = term;
  }

  /** Reads what is not in the stage; what fails is tried again. */
  read(): void {
    const { sanctions, logger, clock } = this.#deps;
    const { roomId } = this.#peers;
    this.#cancelRead();
    this.#sanctions
      .read(() => sanctions.all(roomId))
      .catch((error: unknown) => {
        logger.warn({ error, roomId }, 'bans and silences could not be read yet');
        if (!this.#isClosed) this.#cancelRead = clock.after(READ_RETRY_MS, () => this.read());
      });
  }

  /**
   * The store has another history than this copy was read under: what the room is now has to be found out. True when that
   * was certain at once, because nothing was lost. Never rejects.
   */
  recover(): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    this.#peers.onUnsettled();
    return this.#settling.start();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRead();
    this.#settling.close();
  }

  /** Only who has members here and has not been away for long may say what the room is. */
  #offer(): Offer | null {
    const { contact, localMembers, current, named, chat } = this.#peers;
    if (localMembers() === 0 || this.#term === null || contact.term !== this.#term) return null;
    const freeUid = () => this.#deps.random.integer(1, UID_MAX + 1);
    return offerOf(current(), { members: named(), sanctions: this.#sanctions.all, chat: chat(), freeUid });
  }

  #settled(room: StoredRoom | null): void {
    if (this.#isClosed) return;
    const { onSettled, onEnded, current } = this.#peers;
    if (room) {
      onSettled(room);
      return;
    }
    if (current().state.closed) return;
    const closed = { at: this.#deps.store.now(), by: 'system', reason: 'lost' };
    onEnded({ ...current(), state: { ...current().state, closed } });
  }
}

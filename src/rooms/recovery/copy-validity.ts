// Whether this node's copy of a room may still speak for it, and the recovery when the store's replication id has
// changed (SYNC-4).
import { Timer } from '../../ops/repeat.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { UID_MAX } from '../../rtc/rtc-provider.ts';
import type { KeptMessage } from '../../store/message-store.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import type { Offer } from '../../store/room-recovery.ts';
import type { CommitRecord, StoredRoom } from '../../store/room-store.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import { KnownSanctions } from './known-sanctions.ts';
import { type RecoveryDeps, RecoveryRun } from './recovery.ts';
import { offerOf } from './recovery-offer.ts';
import type { StoreContact } from './store-contact.ts';

/** The time until sanctions that could not be read are read again. */
const READ_RETRY_MS = 1_000;

type CopyValidityDeps = RecoveryDeps & Pick<RoomDeps, 'sanctions'>;

/** The room of this copy, as far as recovery needs it. */
interface RecoverableRoom {
  readonly current: StoredRoom;
  readonly members: { readonly size: number };
  readonly audience: { readonly knownMembers: readonly MemberRecord[] };
  readonly messageFeed: { kept(): readonly KeptMessage[] };
  /** The room under its new epoch; null: nobody has it any more. */
  onRecovered(room: StoredRoom | null): void;
}

interface CopyValidityOptions {
  readonly roomId: RoomId;
  readonly contact: StoreContact;
  readonly room: RecoverableRoom;
  /** Told each time a recovery starts or is asked for. */
  readonly watcher: { onRecoveryStarted(): void };
}

export class CopyValidity {
  readonly #deps: CopyValidityDeps;
  readonly #options: CopyValidityOptions;
  readonly #recovery: RecoveryRun;
  readonly #sanctions = new KnownSanctions();
  readonly #readTimer: Timer;
  /** The term of store contact in which this copy was last known to be the room; see StoreContact. */
  #term: number | null;
  #isClosed = false;

  constructor(deps: CopyValidityDeps, options: CopyValidityOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#readTimer = new Timer(deps.clock);
    this.#term = options.contact.term;
    this.#recovery = new RecoveryRun(deps, {
      roomId: options.roomId,
      offer: () => this.#offer(),
      onRecovered: (room) => {
        if (!this.#isClosed) options.room.onRecovered(room);
      },
    });
  }

  onCommit({ events }: CommitRecord): void {
    this.#sanctions.onEvents(events);
  }

  /** This copy is the room as the store had it in that term of contact. */
  validated(term: number | null): void {
    this.#term = term;
  }

  /** Reads the sanctions, which are not on the stage; a failure is retried. */
  read(): void {
    const { sanctions, logger } = this.#deps;
    const { roomId } = this.#options;
    this.#readTimer.cancel();
    this.#sanctions
      .read(() => sanctions.all(roomId))
      .catch((error: unknown) => {
        logger.warn({ event: 'room.sanctions.retry', error, roomId }, 'Bans and silences could not be read yet.');
        if (!this.#isClosed) this.#readTimer.set(READ_RETRY_MS, () => this.read());
      });
  }

  /**
   * The store has another replication id than this copy was read under: recovery decides what the room is. True when
   * that was certain at once, because nothing was lost. Never rejects.
   */
  recover(): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    this.#options.watcher.onRecoveryStarted();
    return this.#recovery.start();
  }

  close(): void {
    this.#isClosed = true;
    this.#readTimer.cancel();
    this.#recovery.close();
  }

  /** Only a node that has members here, and was not away for long, may say what the room is. */
  #offer(): Offer | null {
    const { contact, room } = this.#options;
    if (room.members.size === 0 || this.#term === null || contact.term !== this.#term) return null;
    return offerOf(room.current, {
      members: room.audience.knownMembers,
      sanctions: this.#sanctions.all,
      chat: room.messageFeed.kept(),
      freeUid: () => this.#deps.random.integer(1, UID_MAX + 1),
    });
  }
}

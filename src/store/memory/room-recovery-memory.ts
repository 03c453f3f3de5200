// Memory engine of room recovery, on the tables of the room store.
import { stageUsers } from '../../domain/room.ts';
import type { NodeId, RoomId, UserId } from '../../protocol/ids.ts';
import {
  isNewer,
  nameEpoch,
  type Offer,
  type PinnedMember,
  RECOVERY_WINDOW_MS,
  type RecoveryResult,
  type RoomRecovery,
} from '../room-recovery.ts';
import { CLOSED_ROOM_TTL_MS, IDLE_ROOM_TTL_MS } from '../room-store.ts';
import type { Sanction } from '../sanction-store.ts';
import type { MemoryTables, RecoveryRound, RoomTable } from './tables-memory.ts';

/** The best copy so far. The store's own copy has no `bans` here: it lacks none. */
type Best = Pick<Offer, 'room'> & Partial<Pick<Offer, 'bans'>>;

function isBetter(offer: Offer, best: Best | null): boolean {
  if (best === null || isNewer(offer.room, best.room)) return true;
  return best.bans === null && offer.bans !== null && !isNewer(best.room, offer.room);
}

export class MemoryRoomRecovery implements RoomRecovery {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  /**
   * The order of the steps is the algorithm:
   *
   * 1. A room under the present replication id was recovered before this call: later offers are ignored [H2].
   * 2. An offer under the present replication id does not count [H3].
   * 3. Without a copy, an offer or a round under way the room is absent.
   * 4. The offer joins the round, and waits with it until the window ends [H2].
   * 5. The first call after that ends the round: the best copy is restored, and a new epoch begins.
   */
  async recover(roomId: RoomId, given: Offer | null): Promise<RecoveryResult> {
    const { clock, replicationId, recoveryRounds } = this.#tables;
    const own = this.#tables.get(roomId);
    if (own?.room.replicationId === replicationId) return { status: 'recovered', room: own.room };
    const offer = given && given.room.replicationId !== replicationId ? given : null;
    if (!own && !offer && !this.#roundOf(roomId)) return { status: 'absent' };
    const round = this.#roundOf(roomId) ?? this.#openRound(roomId);
    const best = round.offer ?? (own ? { room: own.room } : null);
    if (offer && isBetter(offer, best)) round.offer = structuredClone(offer);
    const waitMs = round.until - clock.now();
    if (waitMs > 0) return { status: 'recovering', waitMs };
    recoveryRounds.delete(roomId);
    const winner = round.offer ? this.#restore(round.offer, own) : own;
    if (!winner) return { status: 'absent' };
    this.#beginEpoch(winner);
    this.#tables.announce(roomId, { kind: 'settled' });
    return { status: 'recovered', room: winner.room };
  }

  /** The round under way; a round under another replication id is void. */
  #roundOf(roomId: RoomId): RecoveryRound | null {
    const round = this.#tables.recoveryRounds.get(roomId);
    return round?.replicationId === this.#tables.replicationId ? round : null;
  }

  #openRound(roomId: RoomId): RecoveryRound {
    const { clock, replicationId, recoveryRounds } = this.#tables;
    const round: RecoveryRound = { replicationId, until: clock.now() + RECOVERY_WINDOW_MS, offer: null };
    recoveryRounds.set(roomId, round);
    return round;
  }

  /** Puts an offered copy in the place of the store's own. */
  #restore({ room, pinned, bans, silences, chat, fence }: Offer, own: RoomTable | null): RoomTable {
    const table = own ?? this.#tables.create(room);
    table.room = room;
    table.lastFence = Math.max(table.lastFence, fence, this.#tables.clock.now() * 1000);
    if (bans) replace(table.bans, bans);
    if (silences) replace(table.silences, silences);
    if (!own) table.chat = [...chat];
    table.pinned.clear();
    for (const userId of stageUsers(room.state)) table.pinned.add(userId);
    for (const member of pinned) this.#restoreMember(table, member);
    return table;
  }

  #restoreMember(table: RoomTable, { userId, profile, fence }: PinnedMember): void {
    const known = table.members.get(userId);
    if (known) {
      // The end of the grace would not find the session from before it.
      if (fence !== null && known.fence < fence) table.members.set(userId, { ...known, fence });
      return;
    }
    if (!profile) return;
    if (fence === null) table.lastFence++;
    const session = { nodeId: '' as NodeId, fence: fence ?? table.lastFence, since: this.#tables.clock.now() };
    table.members.set(userId, { ...profile, ...session, userId: userId as UserId });
  }

  #beginEpoch(table: RoomTable): void {
    const { clock, replicationId } = this.#tables;
    const now = clock.now();
    const epoch = nameEpoch(now, { end: replicationId, after: table.room.epoch });
    table.room = { ...table.room, epoch, replicationId };
    // Positions of another epoch cannot be continued from.
    table.log = [];
    table.expiresAt = now + (table.room.state.closed ? CLOSED_ROOM_TTL_MS : IDLE_ROOM_TTL_MS);
  }
}

function replace(list: Map<string, Sanction>, by: readonly Sanction[]): void {
  list.clear();
  for (const sanction of by) list.set(sanction.userId, sanction);
}

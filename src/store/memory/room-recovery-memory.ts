// Memory engine of room recovery, on the same tables as the room store's. Must not know rules.
import { stageUsers } from '../../domain/room.ts';
import type { NodeId, RoomId, UserId } from '../../protocol/ids.ts';
import {
  isNewer,
  nameEpoch,
  type Offer,
  RECOVERY_WINDOW_MS,
  type RecoveryResult,
  type RoomRecovery,
} from '../room-recovery.ts';
import { CLOSED_ROOM_TTL_MS, IDLE_ROOM_TTL_MS } from '../room-store.ts';
import type { Sanction } from '../sanction-store.ts';
import type { MemoryTables, RecoveryRound, RoomTable } from './tables-memory.ts';

/** What there is so far; the store's own copy has all that belongs to it. */
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

  async recover(roomId: RoomId, given: Offer | null): Promise<RecoveryResult> {
    const { clock, replicationId, recoveryRounds } = this.#tables;
    const table = this.#tables.get(roomId);
    if (table?.room.replicationId === replicationId) return { status: 'recovered', room: table.room };
    const offer = given && given.room.replicationId !== replicationId ? given : null;
    if (!table && !offer && recoveryRounds.get(roomId)?.replicationId !== replicationId) return { status: 'absent' };
    const open = this.#open(roomId);
    if (offer && isBetter(offer, open.offer ?? (table ? { room: table.room } : null)))
      open.offer = structuredClone(offer);
    const waitMs = open.until - clock.now();
    if (waitMs > 0) return { status: 'recovering', waitMs };
    recoveryRounds.delete(roomId);
    const settled = open.offer ? this.#restore(open.offer, table) : table;
    if (!settled) return { status: 'absent' };
    this.#beginEpoch(settled);
    this.#tables.announce(roomId, { kind: 'settled' });
    return { status: 'recovered', room: settled.room };
  }

  #open(roomId: RoomId): RecoveryRound {
    const { clock, replicationId, recoveryRounds } = this.#tables;
    const known = recoveryRounds.get(roomId);
    if (known?.replicationId === replicationId) return known;
    const opened: RecoveryRound = { replicationId, until: clock.now() + RECOVERY_WINDOW_MS, offer: null };
    recoveryRounds.set(roomId, opened);
    return opened;
  }

  #restore({ room, pinned, bans, silences, chat, fence }: Offer, kept: RoomTable | null): RoomTable {
    const table = kept ?? this.#tables.create(room);
    const now = this.#tables.clock.now();
    table.room = room;
    table.lastFence = Math.max(table.lastFence, fence, now * 1000);
    if (bans) replace(table.bans, bans);
    if (silences) replace(table.silences, silences);
    if (!kept) table.chat = [...chat];
    table.held.clear();
    for (const userId of stageUsers(room.state)) table.held.add(userId);
    for (const { userId, profile, fence: due } of pinned) {
      const known = table.members.get(userId);
      // The end of his grace would not find the session from before it.
      if (known && due !== null && known.fence < due) table.members.set(userId, { ...known, fence: due });
      if (!profile || known) continue;
      if (due === null) table.lastFence++;
      const nobodys = { nodeId: '' as NodeId, fence: due ?? table.lastFence, since: now };
      table.members.set(userId, { ...profile, ...nobodys, userId: userId as UserId });
    }
    return table;
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

// Memory engine of room recovery, on the tables of the room store.
import { stageUsers } from '../../domain/room.ts';
import type { NodeId, RoomId, UserId } from '../../protocol/ids.ts';
import {
  isNewer,
  nameEpoch,
  type Offer,
  type PinnedMember,
  RECOVERY_WINDOW_MS,
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

export const memoryRoomRecovery = (tables: MemoryTables): RoomRecovery => ({
  /**
   * The order of the steps is the algorithm:
   *
   * 1. A room under the present replication id was recovered before this call: later offers are ignored [H2].
   * 2. An offer under the present replication id does not count [H3].
   * 3. Without a copy, an offer or a round under way the room is absent.
   * 4. The offer joins the round, and waits with it until the window ends [H2].
   * 5. The first call after that ends the round: the best copy is restored, and a new epoch begins.
   */
  async recover(roomId, given) {
    const { clock, replicationId, recoveryRounds } = tables;
    const own = tables.get(roomId);
    if (own?.room.replicationId === replicationId) return { status: 'recovered', room: own.room };
    const offer = given && given.room.replicationId !== replicationId ? given : null;
    if (!own && !offer && !roundOf(tables, roomId)) return { status: 'absent' };
    const round = roundOf(tables, roomId) ?? openRound(tables, roomId);
    const best = round.offer ?? (own ? { room: own.room } : null);
    if (offer && isBetter(offer, best)) round.offer = structuredClone(offer);
    const waitMs = round.until - clock.now();
    if (waitMs > 0) return { status: 'recovering', waitMs };
    recoveryRounds.delete(roomId);
    const winner = round.offer ? restore(tables, round.offer, own) : own;
    if (!winner) return { status: 'absent' };
    beginEpoch(tables, winner);
    tables.announce(roomId, { kind: 'settled' });
    return { status: 'recovered', room: winner.room };
  },
});

/** The round under way; a round under another replication id is void. */
function roundOf({ recoveryRounds, replicationId }: MemoryTables, roomId: RoomId): RecoveryRound | null {
  const round = recoveryRounds.get(roomId);
  return round?.replicationId === replicationId ? round : null;
}

function openRound({ clock, replicationId, recoveryRounds }: MemoryTables, roomId: RoomId): RecoveryRound {
  const round: RecoveryRound = { replicationId, until: clock.now() + RECOVERY_WINDOW_MS, offer: null };
  recoveryRounds.set(roomId, round);
  return round;
}

/** Puts an offered copy in the place of the store's own. */
function restore(tables: MemoryTables, offer: Offer, own: RoomTable | null): RoomTable {
  const { room, pinned, bans, silences, chat, fence } = offer;
  const now = tables.clock.now();
  const table = own ?? tables.create(room);
  table.room = room;
  table.lastFence = Math.max(table.lastFence, fence, now * 1000);
  if (bans) replace(table.bans, bans);
  if (silences) replace(table.silences, silences);
  if (!own) table.chat = [...chat];
  table.pinned.clear();
  for (const userId of stageUsers(room.state)) table.pinned.add(userId);
  for (const member of pinned) restoreMember(table, member, now);
  return table;
}

function restoreMember(table: RoomTable, { userId, profile, fence }: PinnedMember, now: number): void {
  const known = table.members.get(userId);
  if (known) {
    // The end of the grace would not find the session from before it.
    if (fence !== null && known.fence < fence) table.members.set(userId, { ...known, fence });
    return;
  }
  if (!profile) return;
  if (fence === null) table.lastFence++;
  const session = { nodeId: '' as NodeId, fence: fence ?? table.lastFence, since: now };
  table.members.set(userId, { ...profile, ...session, userId: userId as UserId });
}

function beginEpoch({ clock, replicationId }: MemoryTables, table: RoomTable): void {
  const now = clock.now();
  const epoch = nameEpoch(now, { end: replicationId, after: table.room.epoch });
  table.room = { ...table.room, epoch, replicationId };
  // Positions of another epoch cannot be continued from.
  table.log = [];
  table.expiresAt = now + (table.room.state.closed ? CLOSED_ROOM_TTL_MS : IDLE_ROOM_TTL_MS);
}

function replace(list: Map<string, Sanction>, by: readonly Sanction[]): void {
  list.clear();
  for (const sanction of by) list.set(sanction.userId, sanction);
}

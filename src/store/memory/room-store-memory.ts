// Memory engine of the room store, for one process: the contract in plain code.
import {
  BEHIND_RECORDS_MAX,
  CLOCK_TOLERANCE_MS,
  CLOSED_ROOM_TTL_MS,
  type Commit,
  type CommitChange,
  type CommitRecord,
  type CommitResult,
  CREATE_COMMAND,
  type GuardedFence,
  IDLE_ROOM_TTL_MS,
  LOG_VERSIONS,
  type RoomStore,
  SANCTIONS_PRUNED_FROM,
  type StagePosition,
  type StoredRoom,
} from '../room-store.ts';
import { isInForce, type SanctionChange } from '../sanction-store.ts';
import { RecoveryRequiredError } from '../store-errors.ts';
import { type MemoryTables, type RoomTable, recall, remember } from './tables-memory.ts';

export function memoryRoomStore(tables: MemoryTables): RoomStore {
  const now = () => tables.clock.now();
  return {
    now,

    async create(room, creation) {
      const existing = tables.usable(room.state.roomId);
      if (existing) return existing.room.state.closed ? 'closed' : 'exists';
      const table = tables.create(structuredClone(room));
      if (creation) remember(table, { ...creation, command: CREATE_COMMAND, answer: '{}' }, now());
      return 'created';
    },

    async recall(roomId, key) {
      const table = tables.get(roomId);
      return table && recall(table, key, now());
    },

    async load(roomId) {
      return tables.usable(roomId)?.room ?? null;
    },

    async commit(commit) {
      const at = now();
      if (Math.abs(at - commit.now) > CLOCK_TOLERANCE_MS) return { status: 'late' };
      const { before, change } = commit;
      const { replicationId, state } = before;
      const table = tables.usable(state.roomId);
      // The room was there under the replication id of the decision, so a room that is missing now was lost [H1].
      if (!table && replicationId !== tables.replicationId) throw new RecoveryRequiredError(state.roomId);
      if (!table) return { status: 'absent' };
      const answers = commit.commandKeys.flatMap((key) => recall(table, key, at) ?? []);
      if (answers.length > 0) return { status: 'answered', answers };
      const conflict = conflictOf(table, before);
      if (conflict) return conflict;
      const fences = changedFences(table, [...commit.guards, ...commit.endedSessions, ...commit.removals]);
      if (fences.size > 0) return { status: 'refused', fences };
      if (commit.onlyIfEmpty && table.members.size > 0) return { status: 'occupied' };
      if (change) write(tables, table, { ...commit, change });
      return { status: 'committed' };
    },

    async since(roomId, position) {
      const table = tables.usable(roomId);
      if (!table) return { status: 'absent' };
      const records = recordsAfter(table, position);
      if (!records) return { status: 'room', room: table.room };
      return { status: 'records', version: table.room.version, records };
    },

    async keep(roomId) {
      const table = tables.get(roomId);
      if (table && !table.room.state.closed) table.expiresAt = now() + IDLE_ROOM_TTL_MS;
    },
  };
}

function write(tables: MemoryTables, table: RoomTable, commit: Commit & { readonly change: CommitChange }): void {
  const { after, record, pin, unpin, sanctions, isClosing } = commit.change;
  const now = tables.clock.now();
  const { roomId } = after.state;
  // A copy, as the codec of Redis would make one: nothing but JSON is kept.
  table.room = { ...structuredClone(after), replicationId: table.room.replicationId };
  table.log = [...table.log.slice(1 - LOG_VERSIONS), structuredClone(record)];
  for (const { userId, fence } of commit.endedSessions) {
    const member = table.members.get(userId);
    if (member) table.members.set(userId, { ...member, fence: fence + 1 });
  }
  for (const { userId } of commit.removals) table.members.delete(userId);
  for (const userId of pin) table.pinned.add(userId);
  for (const userId of unpin) table.pinned.delete(userId);
  for (const change of sanctions) changeSanctions(table, change, now);
  for (const answer of commit.answers) remember(table, answer, now);
  if (isClosing) {
    table.members.clear();
    table.pinned.clear();
    table.expiresAt = now + CLOSED_ROOM_TTL_MS;
  }
  tables.announce(roomId, { kind: 'commit', epoch: record.epoch, version: record.version, record });
  if (commit.removals.length > 0) {
    const left = commit.removals.map(({ userId, fence }) => ({ userId, fence }));
    tables.announce(roomId, { kind: 'audience', count: table.members.size, left });
  }
}

function conflictOf(table: RoomTable, before: StoredRoom): CommitResult | null {
  const { epoch, version } = table.room;
  if (epoch === before.epoch && version === before.version) return null;
  const records = version - before.version > BEHIND_RECORDS_MAX ? null : recordsAfter(table, before);
  return records ? { status: 'behind', records } : { status: 'elsewhere', room: table.room };
}

function recordsAfter(table: RoomTable, { epoch, version }: StagePosition): CommitRecord[] | null {
  const missing = table.room.version - version;
  if (epoch !== table.room.epoch || missing < 0 || missing > table.log.length) return null;
  return missing === 0 ? [] : table.log.slice(-missing);
}

function changeSanctions(table: RoomTable, change: SanctionChange, now: number): void {
  const list = table[change.list];
  if ('lifted' in change) {
    list.delete(change.lifted);
    return;
  }
  if (list.size >= SANCTIONS_PRUNED_FROM) {
    for (const [userId, old] of list) if (!isInForce(old, now)) list.delete(userId);
  }
  list.set(change.imposed.userId, change.imposed);
}

function changedFences(table: RoomTable, expected: readonly GuardedFence[]): Map<string, number | null> {
  const changed = expected.filter(({ userId, fence }) => (table.members.get(userId)?.fence ?? null) !== fence);
  return new Map(changed.map(({ userId }) => [userId, table.members.get(userId)?.fence ?? null]));
}

// Memory engine of the presence store, on the tables of the room store.
import type { RoomId, UserId } from '../../protocol/ids.ts';
import type {
  JoinRequest,
  JoinResult,
  LeaveRequest,
  LeaveResult,
  MemberRecord,
  MembersPage,
  MembersQuery,
  PresenceStore,
} from '../presence-store.ts';
import { isInForce } from '../sanction-store.ts';
import type { MemoryTables } from './tables-memory.ts';

export class MemoryPresenceStore implements PresenceStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async join(roomId: RoomId, joining: JoinRequest): Promise<JoinResult> {
    this.#tables.refuseStale(joining);
    const table = this.#tables.usable(roomId);
    if (!table) return { status: 'absent' };
    if (table.room.entryVersion !== joining.entryVersion) return { status: 'entryChanged' };
    const ban = table.bans.get(joining.userId);
    if (ban && isInForce(ban, this.#tables.clock.now())) return { status: 'banned', until: ban.until };
    const old = table.members.get(joining.userId);
    if (!old && table.members.size >= joining.capacity) return { status: 'full' };
    const taken = new Set([...table.members.values()].map(({ rtcUid }) => rtcUid));
    const rtcUid = old?.rtcUid ?? joining.rtcUids.find((uid) => !taken.has(uid));
    if (rtcUid === undefined) return { status: 'crowded' };
    const now = this.#tables.clock.now();
    const { userId, name, avatar, level, nodeId } = joining;
    const fence = Math.max((old?.fence ?? 0) + 1, table.lastFence + 1, now * 1000);
    table.lastFence = fence;
    const member: MemberRecord = { userId, name, avatar, level, nodeId, rtcUid, fence, since: old?.since ?? now };
    table.members.set(userId, member);
    const count = table.members.size;
    const again = old !== undefined;
    this.#tables.announce(roomId, { kind: 'audience', count, joined: [{ member, again }] });
    const { epoch, version } = table.room;
    return { status: 'joined', member, again, count, epoch, version };
  }

  async leave(roomId: RoomId, leaving: LeaveRequest): Promise<LeaveResult> {
    this.#tables.refuseStale(leaving);
    const { userId, fence } = leaving;
    const table = this.#tables.usable(roomId);
    const member = table?.members.get(userId);
    if (!table || !member) return 'absent';
    if (member.fence !== fence) return 'stale';
    if (table.pinned.has(userId)) return 'pinned';
    table.members.delete(userId);
    this.#tables.announce(roomId, { kind: 'audience', count: table.members.size, left: [{ userId, fence }] });
    return 'left';
  }

  async find(roomId: RoomId, userIds: readonly UserId[]): Promise<ReadonlyMap<string, MemberRecord>> {
    const members = this.#tables.get(roomId)?.members;
    const found = userIds.flatMap((userId) => members?.get(userId) ?? []);
    return new Map(found.map((member) => [member.userId, member]));
  }

  async count(roomId: RoomId): Promise<number> {
    return this.#tables.get(roomId)?.members.size ?? 0;
  }

  async sample(roomId: RoomId, limit: number): Promise<{ count: number; members: readonly MemberRecord[] }> {
    const members = [...(this.#tables.get(roomId)?.members.values() ?? [])];
    return { count: members.length, members: members.slice(0, limit) };
  }

  async page(roomId: RoomId, { cursor, limit }: MembersQuery): Promise<MembersPage> {
    const all = this.#tables.get(roomId)?.members ?? new Map<string, MemberRecord>();
    // By id, so that a join or leave between two pages moves no other member.
    const after = cursor?.split('.')[2] ?? '';
    const ids = [...all.keys()].filter((userId) => userId > after).sort();
    const members = ids.slice(0, limit).flatMap((userId) => all.get(userId) ?? []);
    return { members, cursor: ids.length > limit ? `0.0.${ids[limit - 1]}` : null, count: all.size };
  }
}

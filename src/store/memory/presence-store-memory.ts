// Memory engine of the presence store, on the tables of the room store.
import type { MemberRecord, PresenceStore } from '../presence-store.ts';
import { isInForce } from '../sanction-store.ts';
import type { MemoryTables } from './tables-memory.ts';

export const memoryPresenceStore = (tables: MemoryTables): PresenceStore => ({
  async join(roomId, joining) {
    tables.refuseStale(joining);
    const table = tables.usable(roomId);
    if (!table) return { status: 'absent' };
    if (table.room.entryVersion !== joining.entryVersion) return { status: 'entryChanged' };
    const ban = table.bans.get(joining.userId);
    if (ban && isInForce(ban, tables.clock.now())) return { status: 'banned', until: ban.until };
    const old = table.members.get(joining.userId);
    if (!old && table.members.size >= joining.capacity) return { status: 'full' };
    const taken = new Set([...table.members.values()].map(({ rtcUid }) => rtcUid));
    const rtcUid = old?.rtcUid ?? joining.rtcUids.find((uid) => !taken.has(uid));
    if (rtcUid === undefined) return { status: 'crowded' };
    const now = tables.clock.now();
    const { userId, name, avatar, level, nodeId } = joining;
    const fence = Math.max((old?.fence ?? 0) + 1, table.lastFence + 1, now * 1000);
    table.lastFence = fence;
    const member: MemberRecord = { userId, name, avatar, level, nodeId, rtcUid, fence, since: old?.since ?? now };
    table.members.set(userId, member);
    const count = table.members.size;
    const again = old !== undefined;
    tables.announce(roomId, { kind: 'audience', count, joined: [{ member, again }] });
    const { epoch, version } = table.room;
    return { status: 'joined', member, again, count, epoch, version };
  },

  async leave(roomId, leaving) {
    tables.refuseStale(leaving);
    const { userId, fence } = leaving;
    const table = tables.usable(roomId);
    const member = table?.members.get(userId);
    if (!table || !member) return 'absent';
    if (member.fence !== fence) return 'stale';
    if (table.pinned.has(userId)) return 'pinned';
    table.members.delete(userId);
    tables.announce(roomId, { kind: 'audience', count: table.members.size, left: [{ userId, fence }] });
    return 'left';
  },

  async find(roomId, userIds) {
    const members = tables.get(roomId)?.members;
    const found = userIds.flatMap((userId) => members?.get(userId) ?? []);
    return new Map(found.map((member) => [member.userId, member]));
  },

  async count(roomId) {
    return tables.get(roomId)?.members.size ?? 0;
  },

  async sample(roomId, limit) {
    const members = [...(tables.get(roomId)?.members.values() ?? [])];
    return { count: members.length, members: members.slice(0, limit) };
  },

  async page(roomId, { cursor, limit }) {
    const all = tables.get(roomId)?.members ?? new Map<string, MemberRecord>();
    // By id, so that a join or leave between two pages moves no other member.
    const after = cursor?.split('.')[2] ?? '';
    const ids = [...all.keys()].filter((userId) => userId > after).sort();
    const members = ids.slice(0, limit).flatMap((userId) => all.get(userId) ?? []);
    return { members, cursor: ids.length > limit ? `0.0.${ids[limit - 1]}` : null, count: all.size };
  },
});

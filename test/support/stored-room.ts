// Builders for what the stores keep: rooms, joins, commits. All are valid unless a test says otherwise.

import { newRoom } from '../../src/domain/settings.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import { commandSchemas } from '../../src/protocol/commands.ts';
import type { NodeId, RoomId, UserId } from '../../src/protocol/ids.ts';
import { advance } from '../../src/rooms/turns/room-replica.ts';
import { changeOf } from '../../src/rooms/turns/turn-draft.ts';
import type { JoinRequest, MemberRecord, PresenceStore } from '../../src/store/presence-store.ts';
import type { Commit, RoomStore, StoredRoom } from '../../src/store/room-store.ts';

export const roomId = (text: string): RoomId => text as RoomId;
export const nodeId = (text: string): NodeId => text as NodeId;
/** The node of an admission, and the dead nodes that it knows: none. */
export const onItsOwn = { nodeId: 'node-1' as NodeId, deadNodes: new Set<NodeId>() } as const;
export const userId = (text: string): UserId => text as UserId;

let serial = 0;
/** An id that no other test of this process uses. */
export const uniqueId = (prefix: string): string => `${prefix}-${process.pid}-${serial++}`;

export function aStoredRoom(store: RoomStore, id: RoomId, payload: Record<string, unknown> = {}): StoredRoom {
  const create = commandSchemas['room:create'].parse({ title: 'Party', seatMode: 'free', ...payload });
  const state = newRoom(create, { roomId: id, ownerId: userId('owner'), passwordHash: null, now: store.now() });
  return {
    epoch: '1700000000000-a',
    version: 0,
    replicationId: '',
    publicVersion: 0,
    staffVersion: 0,
    entryVersion: 0,
    state,
  };
}

export const aJoining = (user: string, more: Partial<JoinRequest> = {}): JoinRequest => ({
  userId: userId(user),
  name: `Name of ${user}`,
  avatar: '',
  level: 0,
  nodeId: 'node-1' as NodeId,
  entryVersion: 0,
  capacity: 100_000,
  rtcUids: [serial++ + 1, serial++ + 1],
  ...more,
});

/** Joins and returns the record. Throws when the join is refused. */
export async function joined(presence: PresenceStore, id: RoomId, joining: JoinRequest): Promise<MemberRecord> {
  const result = await presence.join(id, joining);
  if (result.status !== 'joined') throw new Error(`could not join: ${result.status}`);
  return result.member;
}

export const seatTaken = (member: MemberRecord, seat: number, at: number): StageEvent => ({
  type: 'seat.taken',
  by: member.userId,
  at,
  seat,
  via: 'take',
  occupant: {
    userId: member.userId,
    name: member.name,
    avatar: member.avatar,
    rtcUid: member.rtcUid,
    selfMuted: false,
    since: at,
    awayUntil: null,
  },
});

export const titled = (title: string, at: number): StageEvent => ({
  type: 'room.updated',
  by: 'owner',
  at,
  changes: { title },
});

let turns = 0;

/** A commit of these events on that room; empty events only validate. */
export function aCommit(
  store: RoomStore,
  before: StoredRoom,
  { events = [], ...more }: Partial<Omit<Commit, 'before' | 'change'>> & { events?: StageEvent[]; turnId?: string },
): Commit {
  const { turnId = `turn-${turns++}`, ...rest } = more;
  const now = store.now();
  const record = {
    epoch: before.epoch,
    version: before.version + 1,
    turnId,
    at: now,
    publicAfter: before.publicVersion,
    staffAfter: before.staffVersion,
    events,
  };
  const change = events.length === 0 ? null : changeOf(before, advance(before, record), record);
  return {
    before,
    change,
    now,
    guards: [],
    onlyIfEmpty: false,
    endedSessions: [],
    removals: [],
    commandKeys: [],
    answers: [],
    ...rest,
  };
}

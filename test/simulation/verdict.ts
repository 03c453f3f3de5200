// The rules that must hold once everything has healed and is quiet, and for everything that was ever committed.
import { isDeepStrictEqual } from 'node:util';
import { brokenInvariants } from '../../src/domain/invariants.ts';
import { stageUsers } from '../../src/domain/room.ts';
import { project } from '../../src/domain/view.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import type { RoomTable } from '../../src/store/memory/tables-memory.ts';
import { type Finding, type History, operationsOf } from '../faults/history.ts';
import type { Cluster } from './cluster.ts';
import type { CommitLog, LoggedCommit } from './commit-log.ts';
import type { Device } from './device.ts';
import type { RoomCopy } from './room-copy.ts';

export interface Stage {
  readonly cluster: Cluster;
  readonly devices: readonly Device[];
  readonly roomIds: readonly string[];
}

const finding = (rule: string, facts: unknown): Finding => ({
  rule,
  facts: typeof facts === 'string' ? facts : JSON.stringify(facts),
});

/** All devices see the same, and every member has a device. */
export function judgeQuiet(stage: Stage): Finding[] {
  return stage.roomIds.flatMap((roomId) => {
    const table = stage.cluster.engines.tables.get(roomId as RoomId);
    const inside = stage.devices.filter(({ copies }) => copies.has(roomId));
    if (!table || table.room.state.closed) {
      return inside.map(({ name }) => finding('ROOM-6: no device is in a closed room', `${name} in ${roomId}`));
    }
    return [
      ...judgeStage(roomId, table),
      ...judgeMembers(roomId, { table, inside }),
      ...inside.flatMap((device) => judgeCopy(device, { roomId, table })),
    ];
  });
}

function judgeStage(roomId: string, { room, members }: RoomTable): Finding[] {
  const { state } = room;
  const pinned = [...stageUsers(state)].filter((userId) => userId !== state.roles.ownerId);
  return [
    ...brokenInvariants(state).map((rule) => finding(rule, roomId)),
    ...pinned
      .filter((userId) => !members.has(userId))
      .map((userId) => finding('P1: a pinned user is a member', `${userId} in ${roomId}`)),
    ...Object.entries(state.away).map((away) => finding('PRES-2: no grace outlives its end', { roomId, away })),
  ];
}

function judgeMembers(roomId: string, { table, inside }: { table: RoomTable; inside: readonly Device[] }): Finding[] {
  const abandoned = [...table.members.values()].filter(
    ({ userId, fence }) => !inside.some((device) => device.userId === userId && fenceOf(device, roomId) === fence),
  );
  const unregistered = inside.filter((device) => table.members.get(device.userId)?.fence !== fenceOf(device, roomId));
  const misplaced = inside.filter(({ userId, node }) => table.members.get(userId)?.nodeId !== node?.service.nodeId);
  return [
    ...abandoned.map((member) => finding('PRES-3: every session has a connection', { roomId, member })),
    ...unregistered.map(({ name }) => finding('PRES-4: a device inside is a member', `${name} in ${roomId}`)),
    ...misplaced.map(({ name, node }) => finding('a member is on the node of the connection', `${name} ${node?.name}`)),
  ];
}

const fenceOf = (device: Device, roomId: string): number | undefined => device.copies.get(roomId)?.you.fence;

function judgeCopy(device: Device, { roomId, table }: { roomId: string; table: RoomTable }): Finding[] {
  const copy = device.copies.get(roomId) as RoomCopy;
  const { room, members } = table;
  const who = `${device.name} in ${roomId}`;
  const expected = project(
    room.state,
    room.state.roles.ownerId === device.userId || isAdmin(table, device) ? 'staff' : 'public',
  );
  const findings: Finding[] = [];
  if (copy.position.epoch !== room.epoch) findings.push(finding('SYNC-4: every device is in the present epoch', who));
  const differing = (Object.keys(expected) as (keyof typeof expected)[]).filter(
    (key) => !isDeepStrictEqual(copy.view[key], expected[key]),
  );
  if (differing.length > 0) {
    const facts = differing.map((key) => [key, copy.view[key], expected[key]]);
    findings.push(
      finding('SYNC-1: in the end every device has the state of the room', [who, copy.position, room.version, facts]),
    );
  }
  const [present, really] = [[...copy.present].sort(), [...members.keys()].sort()];
  if (copy.count !== members.size || !isDeepStrictEqual(present, really)) {
    findings.push(finding('SYNC-6: in the end every device knows the members', [who, copy.count, present, really]));
  }
  return findings;
}

const isAdmin = ({ room }: RoomTable, { userId }: Device): boolean =>
  room.state.roles.admins.some((admin) => admin === userId);

/**
 * Commits follow one another without a hole. No command was carried out twice, or answered with a result that never
 * was.
 */
export function judgeCommits(
  commitLog: CommitLog,
  { history, hasLost }: { history: History; hasLost: boolean },
): Finding[] {
  // A store that lost commits has lost its remembered answers, too: a retry may be carried out again (SYNC-4).
  const memory = hasLost ? [] : [...judgeCommands(commitLog.byCommand(), history), ...judgeTexts(history)];
  return [...judgeOrder(commitLog), ...memory];
}

function judgeOrder({ all }: CommitLog): Finding[] {
  const versions = new Map<string, number>();
  return all.flatMap(({ record, after }) => {
    const book = `${after.state.roomId} ${record.epoch}`;
    // The first version of a new epoch is decided by recovery (SYNC-4).
    const before = versions.get(book) ?? record.version - 1;
    versions.set(book, record.version);
    const broken = brokenInvariants(after.state);
    return [
      ...(record.version === before + 1
        ? []
        : [finding('D2: versions without a hole', [book, before, record.version])]),
      ...broken.map((rule) => finding(rule, [book, record.version])),
    ];
  });
}

/** Commands that make a version whenever they succeed. */
const alwaysChanging: readonly string[] = ['seat:take', 'seat:leave', 'invite:accept', 'request:accept', 'member:kick'];

function judgeCommands(byCommand: ReadonlyMap<string, readonly LoggedCommit[]>, history: History): Finding[] {
  const twice = [...byCommand].filter(([, done]) => done.length > 1);
  const findings = twice.map(([name, done]) =>
    finding('ACK-2: one effect', [name, done.map(({ record }) => record.version)]),
  );
  for (const { op, userId, name, success } of operationsOf(history)) {
    if (!success) continue;
    const done = byCommand.get(`${userId}:${op}`) ?? [];
    const answers = done.flatMap((logged) => logged.answers.filter(({ commandId }) => commandId === op));
    if (answers.length === 0 && alwaysChanging.includes(name)) {
      findings.push(finding('ACK-2: an acknowledged command was carried out', op));
    }
    const given = JSON.stringify(success.data);
    if (answers.length > 0 && !answers.some(({ answer }) => answer === given)) {
      findings.push(finding('ACK-2: the first answer again', [op, answers, success.data]));
    }
  }
  return findings;
}

/** No user sends a text twice: one text under two ids is one command carried out twice. */
function judgeTexts(history: History): Finding[] {
  const ids = new Map<string, string>();
  return history.flatMap((entry) => {
    if (entry.kind !== 'message') return [];
    const known = ids.get(entry.text) ?? entry.messageId;
    ids.set(entry.text, known);
    return known === entry.messageId ? [] : [finding('ACK-2: a message is sent once', entry.text)];
  });
}

/** When all users have left, nothing remains (ROOM-7, ROOM-9). */
export function judgeEnd({ cluster, roomIds }: Stage): Finding[] {
  return roomIds.flatMap((roomId) => {
    const table = cluster.engines.tables.get(roomId as RoomId);
    const isOver = !table || table.room.state.closed;
    return isOver ? [] : [finding('ROOM-7: an empty room closes', [roomId, [...table.members.keys()]])];
  });
}

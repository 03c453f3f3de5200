// Checks that devices received what was committed. Each snapshot is the room at its version, and each update is that
// commit as that kind of member sees it (SYNC-1, SYNC-3, SYNC-7).
import { isDeepStrictEqual } from 'node:util';
import { type MemberKind, project, type View } from '../../src/domain/view.ts';
import type { Update } from '../../src/protocol/room-events.ts';
import { toUpdate } from '../../src/rooms/audience/snapshot-builder.ts';
import type { Finding, History, SnapshotEntry, UpdatesEntry } from '../faults/history.ts';
import { toView } from '../support/client-view.ts';
import type { CommitLog, LoggedCommit } from './commit-log.ts';

const nameOf = (roomId: string, epoch: string, version: number): string => `${roomId} ${epoch} ${version}`;

/** How each kind of member sees one commit, computed once. */
interface ExpectedCommit {
  readonly logged: LoggedCommit;
  readonly views: Partial<Record<MemberKind, View>>;
  readonly updates: Partial<Record<MemberKind, Update | null>>;
}

export function judgeReceived({ all }: CommitLog, history: History): Finding[] {
  const commits = new Map(
    all.map((logged): [string, ExpectedCommit] => {
      const { after, record } = logged;
      return [nameOf(after.state.roomId, record.epoch, record.version), { logged, views: {}, updates: {} }];
    }),
  );
  const judged = new WeakSet<object>();
  return history.flatMap((entry) => {
    if (entry.kind === 'snapshot') return judgeSnapshot(entry, commits);
    return entry.kind === 'updates' ? judgeUpdates(entry, { commits, judged }) : [];
  });
}

function judgeSnapshot({ room, client }: SnapshotEntry, commits: ReadonlyMap<string, ExpectedCommit>): Finding[] {
  const name = nameOf(room.roomId, room.epoch, room.version);
  const expected = commits.get(name);
  // Nothing was committed yet: the room as it was created, or as it was recovered after a loss (SYNC-4).
  if (!expected && isBeforeAll(room, commits)) return [];
  if (!expected) return [{ rule: 'SYNC-2: a snapshot shows a committed version', facts: `${name} to ${client}` }];
  const kind = room.requests === undefined ? 'public' : 'staff';
  expected.views[kind] ??= project(expected.logged.after.state, kind);
  if (isDeepStrictEqual(expected.views[kind], toView(room))) return [];
  return [{ rule: 'SYNC-7: a snapshot is the room at its version', facts: JSON.stringify([name, client, room]) }];
}

/** Whether nothing was committed in that epoch up to that version. */
function isBeforeAll(
  { roomId, epoch, version }: SnapshotEntry['room'],
  commits: ReadonlyMap<string, ExpectedCommit>,
): boolean {
  for (const { logged } of commits.values()) {
    const { record, after } = logged;
    if (after.state.roomId === roomId && record.epoch === epoch && record.version <= version) return false;
  }
  return true;
}

interface Books {
  readonly commits: ReadonlyMap<string, ExpectedCommit>;
  /** Updates that were judged: many recipients share one object. */
  readonly judged: WeakSet<object>;
}

function judgeUpdates({ roomId, epoch, as, updates, client }: UpdatesEntry, { commits, judged }: Books): Finding[] {
  return updates.flatMap((update) => {
    if (judged.has(update)) return [];
    judged.add(update);
    const name = nameOf(roomId, epoch, update.version);
    const expected = commits.get(name);
    if (!expected) return [{ rule: 'SYNC-3: an update belongs to a commit', facts: `${name} to ${client}` }];
    expected.updates[as] ??= toUpdate(expected.logged.record, as);
    // A member who has just joined or quit the staff may get the last updates of the old stream under the new kind.
    const other = as === 'staff' ? 'public' : 'staff';
    if (isDeepStrictEqual(expected.updates[as], update)) return [];
    expected.updates[other] ??= toUpdate(expected.logged.record, other);
    if (isDeepStrictEqual(expected.updates[other], update)) return [];
    return [{ rule: 'SYNC-3: an update equals its commit', facts: JSON.stringify([name, as, client, update]) }];
  });
}

// Checks that devices received what was committed. Each snapshot is the room at its version, and each update is that
// commit as that kind of member sees it (SYNC-1, SYNC-3, SYNC-7).
import { isDeepStrictEqual } from 'node:util';
import { type MemberKind, project, type View } from '../../src/domain/view.ts';
import type { Update } from '../../src/protocol/room-events.ts';
import { toUpdate } from '../../src/rooms/audience/snapshot-builder.ts';
import type { Finding, Heard, History, Shown } from '../faults/history.ts';
import { toView } from '../support/client-view.ts';
import type { Deed, Deeds } from './deeds.ts';

const nameOf = (roomId: string, epoch: string, version: number): string => `${roomId} ${epoch} ${version}`;

/** How each kind of member sees one commit, computed once. */
interface Showing {
  readonly deed: Deed;
  readonly views: Partial<Record<MemberKind, View>>;
  readonly updates: Partial<Record<MemberKind, Update | null>>;
}

export function judgeTold({ all }: Deeds, history: History): Finding[] {
  const showings = new Map(
    all.map((deed): [string, Showing] => {
      const { after, record } = deed;
      return [nameOf(after.state.roomId, record.epoch, record.version), { deed, views: {}, updates: {} }];
    }),
  );
  const judged = new WeakSet<object>();
  return history.flatMap((entry) => {
    if (entry.kind === 'shown') return judgeShown(entry, showings);
    return entry.kind === 'heard' ? judgeHeard(entry, { showings, judged }) : [];
  });
}

function judgeShown({ room, client }: Shown, showings: ReadonlyMap<string, Showing>): Finding[] {
  const name = nameOf(room.roomId, room.epoch, room.version);
  const showing = showings.get(name);
  // Nothing was committed yet: the room as it was created, or as it was recovered after a loss (SYNC-4).
  if (!showing && isBeforeAll(room, showings)) return [];
  if (!showing) return [{ rule: 'SYNC-2: a snapshot shows a committed version', facts: `${name} to ${client}` }];
  const kind = room.requests === undefined ? 'public' : 'staff';
  showing.views[kind] ??= project(showing.deed.after.state, kind);
  if (isDeepStrictEqual(showing.views[kind], toView(room))) return [];
  return [{ rule: 'SYNC-7: a snapshot is the room at its version', facts: JSON.stringify([name, client, room]) }];
}

/** Whether nothing was committed in that epoch up to that version. */
function isBeforeAll({ roomId, epoch, version }: Shown['room'], showings: ReadonlyMap<string, Showing>): boolean {
  for (const { deed } of showings.values()) {
    const { record, after } = deed;
    if (after.state.roomId === roomId && record.epoch === epoch && record.version <= version) return false;
  }
  return true;
}

interface Books {
  readonly showings: ReadonlyMap<string, Showing>;
  /** Updates that were judged: many recipients share one object. */
  readonly judged: WeakSet<object>;
}

function judgeHeard({ roomId, epoch, as, updates, client }: Heard, { showings, judged }: Books): Finding[] {
  return updates.flatMap((update) => {
    if (judged.has(update)) return [];
    judged.add(update);
    const name = nameOf(roomId, epoch, update.version);
    const showing = showings.get(name);
    if (!showing) return [{ rule: 'SYNC-3: an update belongs to a commit', facts: `${name} to ${client}` }];
    showing.updates[as] ??= toUpdate(showing.deed.record, as);
    // A member who has just joined or quit the staff may get the last updates of the old stream under the new kind.
    const other = as === 'staff' ? 'public' : 'staff';
    if (isDeepStrictEqual(showing.updates[as], update)) return [];
    showing.updates[other] ??= toUpdate(showing.deed.record, other);
    if (isDeepStrictEqual(showing.updates[other], update)) return [];
    return [{ rule: 'SYNC-3: an update equals its commit', facts: JSON.stringify([name, as, client, update]) }];
  });
}

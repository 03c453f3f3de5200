// Whether what devices were shown and told is what was done: each snapshot the room at its version, each update that commit
// as that kind of member sees it (SYNC-1, SYNC-3, SYNC-7). Must not know devices or faults.
import { isDeepStrictEqual } from 'node:util';
import { type MemberKind, project, type View } from '../../src/domain/view.ts';
import type { Update } from '../../src/protocol/room-events.ts';
import { toUpdate } from '../../src/rooms/audience/snapshot-builder.ts';
import type { Finding, Heard, History, Shown } from '../faults/history.ts';
import { toView } from '../support/client-view.ts';
import type { Deed, Deeds } from './deeds.ts';

const nameOf = (roomId: string, epoch: string, version: number): string => `${roomId} ${epoch} ${version}`;

/** What the same kind of member is shown of one deed, made once. */
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
  // Nothing was done yet: the room as it was founded, or as it was settled when the store had lost it (SYNC-4).
  if (!showing && isBeforeAll(room, showings)) return [];
  if (!showing) return [{ rule: 'SYNC-2: what is shown has been', facts: `${name} to ${client}` }];
  const kind = room.requests === undefined ? 'public' : 'staff';
  showing.views[kind] ??= project(showing.deed.after.state, kind);
  if (isDeepStrictEqual(showing.views[kind], toView(room))) return [];
  return [{ rule: 'SYNC-7: a snapshot is the room at its version', facts: JSON.stringify([name, client, room]) }];
}

/** Whether nothing was done in that epoch up to that version. */
function isBeforeAll({ roomId, epoch, version }: Shown['room'], showings: ReadonlyMap<string, Showing>): boolean {
  for (const { deed } of showings.values()) {
    const { record, after } = deed;
    if (after.state.roomId === roomId && record.epoch === epoch && record.version <= version) return false;
  }
  return true;
}

interface Books {
  readonly showings: ReadonlyMap<string, Showing>;
  /** Updates that were judged: what many are told is one object. */
  readonly judged: WeakSet<object>;
}

function judgeHeard({ roomId, epoch, as, updates, client }: Heard, { showings, judged }: Books): Finding[] {
  return updates.flatMap((update) => {
    if (judged.has(update)) return [];
    judged.add(update);
    const name = nameOf(roomId, epoch, update.version);
    const showing = showings.get(name);
    if (!showing) return [{ rule: 'SYNC-3: what is told has been', facts: `${name} to ${client}` }];
    showing.updates[as] ??= toUpdate(showing.deed.record, as);
    // Who has just joined or quit the staff may be told the last of his old history under his new kind.
    const other = as === 'staff' ? 'public' : 'staff';
    if (isDeepStrictEqual(showing.updates[as], update)) return [];
    showing.updates[other] ??= toUpdate(showing.deed.record, other);
    if (isDeepStrictEqual(showing.updates[other], update)) return [];
    return [{ rule: 'SYNC-3: an update is that commit', facts: JSON.stringify([name, as, client, update]) }];
  });
}

// A node's copy of a room: commits in order, missed commits all or none, and whole rooms in their place.
import { expect, test } from 'vitest';
import type { StageEvent } from '../../../src/domain/stage-event.ts';
import { createMemoryEngines } from '../../../src/engines.ts';
import { type Received, RoomReplica } from '../../../src/rooms/turns/room-replica.ts';
import type { CommitRecord } from '../../../src/store/room-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { aStoredRoom, roomId, titled } from '../../support/stored-room.ts';

const { store } = createMemoryEngines(new ManualClock());
const first = aStoredRoom(store, roomId('r1'));
const ofNewerServer = { type: 'seat.painted', by: 'owner', at: 1, colour: 'red' } as unknown as StageEvent;

const aRecord = (version: number, event: StageEvent): CommitRecord => ({
  epoch: first.epoch,
  version,
  turnId: `turn-${version}`,
  at: 1,
  publicAfter: version - 1,
  staffAfter: version - 1,
  events: [event],
});

const versions = ({ changes }: Received) => changes.map(({ kind, after }) => `${kind} v${after.version}`);

test('[SYNC-3] missed commits are applied in order and come as one list; known commits are skipped', () => {
  const replica = new RoomReplica(first);
  expect(versions(replica.receive(aRecord(1, titled('one', 1))))).toEqual(['committed v1']);
  const missed = replica.receiveAll([1, 2, 3].map((version) => aRecord(version, titled(`${version}`, 1))));
  expect([missed.status, versions(missed)]).toEqual(['applied', ['committed v2', 'committed v3']]);
  expect(missed.changes.map(({ before }) => before.version)).toEqual([1, 2]);
});

test('[SYNC-3] a gap changes nothing, and so does a commit that is known', () => {
  const replica = new RoomReplica(first);
  expect(replica.receive(aRecord(2, titled('two', 1)))).toEqual({ status: 'gap', changes: [] });
  expect(replica.receive({ ...aRecord(1, titled('one', 1)), epoch: 'other' }).status).toBe('gap');
  replica.receive(aRecord(1, titled('one', 1)));
  expect(replica.receive(aRecord(1, titled('one', 1)))).toEqual({ status: 'known', changes: [] });
  expect(replica.current.version).toBe(1);
});

test('[SYNC-3][PRES-3] if one of them has unknown events, none is applied: the whole room takes their place', () => {
  const replica = new RoomReplica(first);
  const records = [aRecord(1, titled('one', 1)), aRecord(2, ofNewerServer), aRecord(3, titled('three', 1))];
  expect(replica.receiveAll(records)).toEqual({ status: 'unknownEvents', changes: [] });
  expect(replica.current.version).toBe(0);
});

test('[SYNC-3] unknown events do not matter in versions that the copy has already', () => {
  const replica = new RoomReplica(first);
  replica.replaceIfNewer({ ...first, version: 2 });
  const received = replica.receiveAll([aRecord(2, ofNewerServer), aRecord(3, titled('three', 1))]);
  expect([received.status, replica.current.version]).toEqual(['applied', 3]);
});

test('[SYNC-4] a whole room replaces an older copy, and recovery replaces any', () => {
  const replica = new RoomReplica({ ...first, version: 2 });
  expect(replica.replaceIfNewer({ ...first, version: 1 })).toEqual([]);
  expect(replica.replaceIfNewer({ ...first, version: 4 })).toMatchObject([{ kind: 'replaced', after: { version: 4 } }]);
  expect(replica.replace({ ...first, version: 1 })).toMatchObject([{ kind: 'replaced', before: { version: 4 } }]);
  expect(replica.current.version).toBe(1);
});

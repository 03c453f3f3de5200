// A node's copy of a room that has missed some commits: it takes all of them, or none and the whole room instead.
import { expect, test } from 'vitest';
import type { StageEvent } from '../../../src/domain/stage-event.ts';
import { createMemoryEngines } from '../../../src/engines.ts';
import { RoomReplica } from '../../../src/rooms/turns/room-replica.ts';
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

function aReplica() {
  const told: string[] = [];
  const replica = new RoomReplica(first, {
    committed: (_before, after) => void told.push(`v${after.version}`),
    replaced: () => void told.push('replaced'),
    together: (receive) => {
      told.push('(');
      receive();
      told.push(')');
    },
  });
  return { replica, told };
}

test('[SYNC-3] what was missed is followed in order and told together; what is known is passed over', () => {
  const { replica, told } = aReplica();
  replica.receive(aRecord(1, titled('one', 1)));
  expect(replica.receiveAll([1, 2, 3].map((version) => aRecord(version, titled(`${version}`, 1))))).toBe('followed');
  expect(told).toEqual(['v1', '(', 'v2', 'v3', ')']);
});

test('[SYNC-3][PRES-3] with one among them that means nothing here none is followed: the whole room takes their place', () => {
  const { replica, told } = aReplica();
  const records = [aRecord(1, titled('one', 1)), aRecord(2, ofNewerServer), aRecord(3, titled('three', 1))];
  expect(replica.receiveAll(records)).toBe('foreign');
  expect([told, replica.current.version]).toEqual([[], 0]);
});

test('[SYNC-3] one that the copy is beyond already does not count', () => {
  const { replica } = aReplica();
  replica.replaceIfNewer({ ...first, version: 2 });
  expect(replica.receiveAll([aRecord(2, ofNewerServer), aRecord(3, titled('three', 1))])).toBe('followed');
  expect(replica.current.version).toBe(3);
});

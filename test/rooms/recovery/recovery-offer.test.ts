// The offer of a node for a room that the store may have lost: the members that the node can name, and pinned users.
import { expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import { systemClock } from '../../../src/ops/clock.ts';
import { offerOf } from '../../../src/rooms/recovery/recovery-offer.ts';
import { aStoredRoom, roomId } from '../../support/stored-room.ts';

test('[SYNC-4][PRES-2] the offer has the grace of a user whose name the node does not know', () => {
  const room = aStoredRoom(createMemoryEngines(systemClock).store, roomId('r1'), { ownerSeat: null });
  const away = { owner: { until: 1, fence: 8 } };
  const nothing = { members: [], sanctions: null, chat: [], freeUid: () => 7 };
  const { pinned, fence } = offerOf({ ...room, state: { ...room.state, away } }, nothing);
  expect(pinned).toEqual([{ userId: 'owner', profile: { name: 'owner', avatar: '', level: 0, rtcUid: 7 }, fence: 8 }]);
  expect(fence).toBe(8);
});

// What the store is told of the rooms that a node holds, in which order, and what is told again.
import { beforeEach, expect, test } from 'vitest';
import type { NodeLease } from '../../../src/cluster/lease/node-lease.ts';
import { RoomHoldings } from '../../../src/cluster/lease/room-holdings.ts';
import type { LeaseStore } from '../../../src/store/lease-store.ts';
import { settleMicrotasks } from '../../support/manual-clock.ts';
import { nodeId, roomId } from '../../support/stored-room.ts';

const ROOM = roomId('room');
let told: string[];
let isHeld: boolean;
let listing: Promise<void>;
let registry: RoomHoldings;

beforeEach(() => {
  [told, isHeld, listing] = [[], true, Promise.resolve()];
  const leases = {
    hold: async (_: unknown, rooms: readonly string[]) => void told.push(`hold ${rooms}`),
    release: async (_: unknown, rooms: readonly string[]) => void told.push(`release ${rooms}`),
    list: async (_: unknown, rooms: readonly string[]) => {
      told.push(`list ${rooms}`);
      await listing;
    },
  } as unknown as LeaseStore;
  const lease = {
    id: nodeId('one'),
    known: async () => undefined,
    get isLeaseCertain() {
      return isHeld;
    },
  } as unknown as NodeLease;
  registry = new RoomHoldings({ leases, lease, warn: () => undefined });
});

test('[PRES-3] all is told at first, and again only when it was forgotten', async () => {
  await registry.refresh();
  await registry.hold(ROOM);
  await registry.refresh();
  registry.onRegistrationLost();
  await registry.refresh();
  await registry.refresh();
  expect(told).toEqual(['list ', 'hold room', 'list room']);
});

test('[SYNC-4] what could not be told to be let go is told with the next renewal', async () => {
  await registry.hold(ROOM);
  await registry.refresh();
  isHeld = false;
  registry.release(ROOM);
  isHeld = true;
  await registry.refresh();
  expect(told).toEqual(['hold room', 'list room', 'list ']);
});

test('[SYNC-4] a list that is on its way cannot wipe out a room that is held after it', async () => {
  let done: () => void = () => undefined;
  listing = new Promise((resolve) => {
    done = resolve;
  });
  const refreshing = registry.refresh();
  const holding = registry.hold(ROOM);
  await settleMicrotasks();
  expect(told).toEqual(['list ']);
  done();
  await Promise.all([refreshing, holding]);
  expect(told).toEqual(['list ', 'hold room']);
});

// What a node sends to the store about the rooms that it holds: in which order, and what it sends again.
import { beforeEach, expect, test } from 'vitest';
import type { NodeLease } from '../../../src/cluster/lease/node-lease.ts';
import { RoomHoldings } from '../../../src/cluster/lease/room-holdings.ts';
import { createLogger } from '../../../src/ops/logger.ts';
import type { LeaseStore } from '../../../src/store/lease-store.ts';
import { runMicrotasks } from '../../support/manual-clock.ts';
import { nodeId, roomId } from '../../support/stored-room.ts';

const ROOM = roomId('room');
let calls: string[];
let isCertain: boolean;
let listing: Promise<void>;
let holdings: RoomHoldings;

beforeEach(() => {
  [calls, isCertain, listing] = [[], true, Promise.resolve()];
  const leases = {
    hold: async (_: unknown, rooms: readonly string[]) => void calls.push(`hold ${rooms}`),
    release: async (_: unknown, rooms: readonly string[]) => void calls.push(`release ${rooms}`),
    list: async (_: unknown, rooms: readonly string[]) => {
      calls.push(`list ${rooms}`);
      await listing;
    },
  } as unknown as LeaseStore;
  const lease = {
    id: nodeId('one'),
    ensureRegistered: async () => undefined,
    get isLeaseCertain() {
      return isCertain;
    },
  } as unknown as NodeLease;
  holdings = new RoomHoldings({ leases, lease, logger: createLogger('silent') });
});

test('[PRES-3] the full list is sent at first, and again only when the registration was lost', async () => {
  await holdings.refresh();
  await holdings.hold(ROOM);
  await holdings.refresh();
  holdings.onRegistrationLost();
  await holdings.refresh();
  await holdings.refresh();
  expect(calls).toEqual(['list ', 'hold room', 'list room']);
});

test('[SYNC-4] a release that could not be sent follows with the next renewal', async () => {
  await holdings.hold(ROOM);
  await holdings.refresh();
  isCertain = false;
  holdings.release(ROOM);
  isCertain = true;
  await holdings.refresh();
  expect(calls).toEqual(['hold room', 'list room', 'list ']);
});

test('[SYNC-4] a list in flight does not remove a room that is held after it', async () => {
  let done: () => void = () => undefined;
  listing = new Promise((resolve) => {
    done = resolve;
  });
  const refreshing = holdings.refresh();
  const holding = holdings.hold(ROOM);
  await runMicrotasks();
  expect(calls).toEqual(['list ']);
  done();
  await Promise.all([refreshing, holding]);
  expect(calls).toEqual(['list ', 'hold room']);
});

// A node's lease by itself: how much it takes on at a time.
import { expect, test } from 'vitest';
import { NodeLease } from '../../../src/cluster/lease/node-lease.ts';
import { createLogger } from '../../../src/ops/logger.ts';
import { systemRandom } from '../../../src/ops/random.ts';
import { type DueRoom, type LeaseStore, SURVEY_INTERVAL_MS, type Survey } from '../../../src/store/lease-store.ts';
import { aGate, type Gate } from '../../support/gate.ts';
import { ManualClock, settleMicrotasks } from '../../support/manual-clock.ts';
import { roomId } from '../../support/stored-room.ts';

test('[PRES-3] surveys that overlap on a slow store never ask for less than nothing, which would be for all', async () => {
  const clock = new ManualClock();
  const asked: { readonly limit: number; readonly answer: (rooms: DueRoom[]) => void }[] = [];
  const leases: LeaseStore = {
    renew: async () => 'renewed',
    hold: async () => undefined,
    release: async () => undefined,
    reaped: async () => undefined,
    resign: async () => undefined,
    list: async () => undefined,
    holders: async () => new Map(),
    claimOrphans: async () => 0,
    survey: ({ limit }) =>
      new Promise<Survey>((resolve) => {
        asked.push({ limit, answer: (rooms) => resolve({ dead: new Map(), live: new Set(), since: 0, rooms }) });
      }),
  };
  const reaping: Gate[] = [];
  const lease = new NodeLease({ leases, clock, random: systemRandom, logger: createLogger('silent') });
  lease.start({
    onRenewed: async () => undefined,
    onRegistrationLost: () => undefined,
    onStoreLostNode: () => undefined,
    onDeclaredDead: async () => undefined,
    onLeaseUncertain: () => undefined,
    onRoomDue: () => {
      const gate = aGate();
      reaping.push(gate);
      return gate.opened;
    },
  });
  const rooms = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ roomId: roomId(`room-${at}`), claim: at }));
  const answer = async (survey: (typeof asked)[number] | undefined) => {
    survey?.answer(rooms(survey.limit));
    await settleMicrotasks();
  };
  await clock.advance(SURVEY_INTERVAL_MS);
  await answer(asked[0]);
  for (const gate of reaping.slice(1)) gate.open();
  await settleMicrotasks();
  await clock.advance(SURVEY_INTERVAL_MS);
  // The first look's last room is done while the second look is on its way: the third begins at once.
  reaping[0]?.open();
  await settleMicrotasks();
  await clock.advance(0);
  await answer(asked[1]);
  await answer(asked[2]);
  await clock.advance(SURVEY_INTERVAL_MS);
  expect(asked.length).toBeGreaterThan(3);
  expect(Math.min(...asked.map(({ limit }) => limit))).toBeGreaterThanOrEqual(0);
  await lease.resign();
});

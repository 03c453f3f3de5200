// A node's lease by itself: its states, and how many rooms it looks after at a time.
import { expect, test } from 'vitest';
import { NodeLease } from '../../../src/cluster/lease/node-lease.ts';
import { createLogger } from '../../../src/ops/logger.ts';
import { systemRandom } from '../../../src/ops/random.ts';
import { type DueRoom, type LeaseStore, SURVEY_INTERVAL_MS, type Survey } from '../../../src/store/lease-store.ts';
import { aGate, type Gate } from '../../support/gate.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { roomId } from '../../support/stored-room.ts';

test('[PRES-3] overlapping surveys on a slow store never ask for a negative number of rooms, which would mean all', async () => {
  const clock = new ManualClock();
  const sent: { readonly limit: number; readonly answer: (rooms: DueRoom[]) => void }[] = [];
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
        sent.push({ limit, answer: (rooms) => resolve({ dead: new Map(), live: new Set(), since: 0, rooms }) });
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
  const answer = async (survey: (typeof sent)[number] | undefined) => {
    survey?.answer(rooms(survey.limit));
    await runMicrotasks();
  };
  await clock.advance(SURVEY_INTERVAL_MS);
  await answer(sent[0]);
  for (const gate of reaping.slice(1)) gate.open();
  await runMicrotasks();
  await clock.advance(SURVEY_INTERVAL_MS);
  // The last room of the first survey is done while the second survey is in flight. So the third begins at once.
  reaping[0]?.open();
  await runMicrotasks();
  await clock.advance(0);
  await answer(sent[1]);
  await answer(sent[2]);
  await clock.advance(SURVEY_INTERVAL_MS);
  expect(sent.length).toBeGreaterThan(3);
  expect(Math.min(...sent.map(({ limit }) => limit))).toBeGreaterThanOrEqual(0);
  await lease.resign();
});

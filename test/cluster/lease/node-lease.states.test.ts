// The states of a node's lease: unregistered, held, lost, rejoining, resigned; and what each renewal leads to.
import { beforeEach, describe, expect, test } from 'vitest';
import { NodeLease } from '../../../src/cluster/lease/node-lease.ts';
import { createLogger } from '../../../src/ops/logger.ts';
import { systemRandom } from '../../../src/ops/random.ts';
import type { NodeId } from '../../../src/protocol/ids.ts';
import {
  DEAD_NODE_MEMORY_MS,
  LEASE_MS,
  type LeaseStore,
  RENEW_INTERVAL_MS,
  SURVEY_INTERVAL_MS,
} from '../../../src/store/lease-store.ts';
import { CLOCK_TOLERANCE_MS } from '../../../src/store/room-store.ts';
import { StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { aGate, type Gate } from '../../support/gate.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { nodeId } from '../../support/stored-room.ts';

type Answer = Awaited<ReturnType<LeaseStore['renew']>>;

let clock: ManualClock;
/** The ids under which the lease was renewed. */
let renewed: NodeId[];
/** The answers of the store, the next one first; without any it answers `held`. */
let answers: (Answer | Error | Gate)[];
let events: string[];
let rejoined: Gate;
let resigned: NodeId[];
let live: Set<NodeId>;
let lease: NodeLease;

const start = () =>
  lease.start({
    onRenewed: async () => void events.push('renewed'),
    onRegistrationLost: () => void events.push('registration lost'),
    onStoreLostNode: () => void events.push('store lost node'),
    onDeclaredDead: () => {
      events.push('declared dead');
      return rejoined.opened;
    },
    onLeaseUncertain: (sinceMs) => void events.push(`uncertain for ${sinceMs}`),
    onRoomDue: async () => undefined,
  });
/** The events since the last call. */
const newEvents = () => events.splice(0);

beforeEach(() => {
  clock = new ManualClock();
  [renewed, answers, events, resigned, live, rejoined] = [[], [], [], [], new Set(), aGate()];
  const leases = {
    renew: async (id: NodeId): Promise<Answer> => {
      renewed.push(id);
      const answer = answers.shift() ?? 'renewed';
      if (answer instanceof Error) throw answer;
      if (typeof answer === 'string') return answer;
      await answer.opened;
      return 'renewed';
    },
    resign: async (id: NodeId) => void resigned.push(id),
    survey: async () => ({ dead: new Map(), live, since: 0, rooms: [] }),
  } as unknown as LeaseStore;
  lease = new NodeLease({ leases, clock, random: systemRandom, logger: createLogger('silent') });
});

describe('[PRES-3] a lease', () => {
  test('is not certain before the store knows the node; the first registration is no loss', async () => {
    answers = ['unlisted'];
    expect([lease.isLeaseCertain, lease.isRejoining]).toEqual([false, false]);
    start();
    await clock.advance(0);
    expect([lease.isLeaseCertain, lease.isRejoining]).toEqual([true, false]);
    expect(newEvents()).toEqual(['renewed']);
  });

  test('registers at once for a caller that needs it; all callers share the renewal', async () => {
    await Promise.all([lease.ensureRegistered(), lease.ensureRegistered()]);
    await lease.ensureRegistered();
    expect(renewed).toEqual([lease.id]);
    expect(lease.isLeaseCertain).toBe(true);
  });

  test('is certain until one second before its end, counted from when the renewal was sent', async () => {
    const slow = aGate();
    answers = [slow];
    const registered = lease.ensureRegistered();
    await clock.advance(1_000);
    slow.open();
    await registered;
    await clock.advance(LEASE_MS - CLOCK_TOLERANCE_MS - 1_000 - 1);
    expect(lease.isLeaseCertain).toBe(true);
    await clock.advance(1);
    expect(lease.isLeaseCertain).toBe(false);
  });

  test('is renewed every 1.5 s, and sooner after a failure', async () => {
    start();
    await clock.advance(0);
    answers = [new StoreUnavailableError('away')];
    await clock.advance(RENEW_INTERVAL_MS);
    expect(renewed).toHaveLength(2);
    await clock.advance(500);
    expect(renewed).toHaveLength(3);
    expect(lease.isLeaseCertain).toBe(true);
  });

  test('that the store forgot in time only needs to be registered again', async () => {
    start();
    await clock.advance(0);
    newEvents();
    answers = ['unlisted'];
    await clock.advance(RENEW_INTERVAL_MS);
    expect(newEvents()).toEqual(['registration lost', 'renewed']);
  });

  test('that the store forgot after its end may have been judged: members are checked', async () => {
    start();
    await clock.advance(0);
    newEvents();
    answers = ['unlisted'];
    clock.jump(LEASE_MS);
    await clock.advance(0);
    expect(newEvents()).toEqual(['registration lost', 'store lost node', 'renewed']);
    expect(lease.isRejoining).toBe(false);
  });

  test('that was lost is replaced by one under a new id, and the node rejoins until its members are back', async () => {
    start();
    await clock.advance(0);
    newEvents();
    const before = lease.id;
    answers = ['dead', 'unlisted'];
    await clock.advance(RENEW_INTERVAL_MS);
    expect(lease.id).not.toBe(before);
    expect(newEvents()).toEqual(['registration lost', 'registration lost', 'renewed', 'declared dead']);
    expect([lease.isLeaseCertain, lease.isRejoining]).toEqual([true, true]);
    await clock.advance(RENEW_INTERVAL_MS);
    expect([newEvents(), lease.isRejoining]).toEqual([['renewed'], true]);
    rejoined.open();
    await clock.advance(0);
    expect(lease.isRejoining).toBe(false);
    await clock.advance(RENEW_INTERVAL_MS);
    expect([lease.isLeaseCertain, newEvents()]).toEqual([true, ['renewed']]);
  });

  test('lost again during a rejoin needs another rejoin, also when the first one ends later', async () => {
    start();
    await clock.advance(0);
    answers = ['dead', 'unlisted'];
    await clock.advance(RENEW_INTERVAL_MS);
    newEvents();
    answers = ['dead', 'unlisted'];
    await clock.advance(RENEW_INTERVAL_MS);
    expect(newEvents()).toEqual(['registration lost', 'registration lost', 'renewed']);
    const first = rejoined;
    rejoined = aGate();
    first.open();
    await clock.advance(0);
    expect(lease.isRejoining).toBe(true);
    await clock.advance(RENEW_INTERVAL_MS);
    expect(newEvents()).toEqual(['renewed', 'declared dead']);
    rejoined.open();
    await clock.advance(0);
    expect(lease.isRejoining).toBe(false);
  });

  test('is not certain between the loss and the registration of the new id', async () => {
    start();
    await clock.advance(0);
    const slow = aGate();
    answers = ['dead', slow];
    await clock.advance(RENEW_INTERVAL_MS);
    expect([lease.isLeaseCertain, lease.isRejoining]).toEqual([false, true]);
    slow.open();
    await clock.advance(0);
    expect([lease.isLeaseCertain, lease.isRejoining]).toEqual([true, true]);
  });

  test('counts as lost, without a question, after a silence that the store does not remember', async () => {
    start();
    await clock.advance(0);
    const before = lease.id;
    clock.jump(DEAD_NODE_MEMORY_MS);
    await clock.advance(0);
    expect(renewed).toEqual([before, lease.id]);
    expect(lease.id).not.toBe(before);
  });
});

describe('[PRES-3] an uncertain lease', () => {
  test('is reported while other nodes live, with the time since its end', async () => {
    live = new Set([nodeId('other')]);
    start();
    await clock.advance(SURVEY_INTERVAL_MS);
    newEvents();
    answers = Array.from({ length: 100 }, () => new StoreUnavailableError('away'));
    await clock.advance(LEASE_MS - SURVEY_INTERVAL_MS);
    expect(newEvents()).toEqual(['uncertain for 0']);
    await clock.advance(SURVEY_INTERVAL_MS);
    expect(newEvents()).toEqual([`uncertain for ${SURVEY_INTERVAL_MS}`]);
  });

  test('is not reported by a node that is alone', async () => {
    live = new Set([lease.id]);
    start();
    await clock.advance(SURVEY_INTERVAL_MS);
    newEvents();
    answers = Array.from({ length: 100 }, () => new StoreUnavailableError('away'));
    await clock.advance(2 * LEASE_MS);
    expect(newEvents()).toEqual([]);
  });
});

describe('[CONN-12] a resigned lease', () => {
  test('is never certain again, is not renewed, and registers nothing', async () => {
    start();
    await clock.advance(0);
    await lease.resign();
    await clock.advance(10 * RENEW_INTERVAL_MS);
    expect([lease.isLeaseCertain, renewed.length, resigned]).toEqual([false, 1, [lease.id]]);
    await expect(lease.ensureRegistered()).rejects.toThrow(StoreUnavailableError);
  });

  test('waits for the renewal in flight, which does not bring the lease back', async () => {
    start();
    await clock.advance(0);
    const slow = aGate();
    answers = [slow];
    await clock.advance(RENEW_INTERVAL_MS);
    const done = lease.resign();
    await clock.advance(0);
    expect(resigned).toEqual([]);
    slow.open();
    await done;
    expect([lease.isLeaseCertain, resigned]).toEqual([false, [lease.id]]);
  });
});

// The memory engine keeps the contract of leases.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type MemoryEngines } from '../../src/engines.ts';
import { LEASE_MS } from '../../src/store/lease-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { nodeId, roomId } from '../support/stored-room.ts';
import { leaseStoreContract } from './lease-store.contract.ts';

let clock: ManualClock;
let engines: MemoryEngines;

beforeEach(() => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
});

describe('memory engine: lease store', () =>
  leaseStoreContract({ engine: () => engines, pass: (byMs) => clock.advance(byMs) }));

test('[L1] a node is dead from the end of its lease on, whenever that was noticed', async () => {
  const { leases } = engines;
  await leases.survey({ limit: 0 });
  await leases.renew(nodeId('one'));
  const endsAt = clock.now() + LEASE_MS;
  for (let passed = 0; passed < LEASE_MS - 1_000; passed += 1_000) {
    await clock.advance(1_000);
    await leases.survey({ limit: 0 });
  }
  await clock.advance(2_000);
  expect((await leases.survey({ limit: 0 })).dead.get(nodeId('one'))).toBe(endsAt);
});

describe('memory engine: the tables of leases', () => {
  test('can be copied and put back', async () => {
    const { leases } = engines;
    await leases.renew(nodeId('one'));
    await leases.list(nodeId('one'), [roomId('room')]);
    const copy = structuredClone(leases.tables);
    await leases.resign(nodeId('one'));
    leases.tables = copy;
    expect(await leases.renew(nodeId('one'))).toBe('renewed');
  });

  test('[L6] a server that took over does not count lists that another got', async () => {
    const { leases } = engines;
    await leases.renew(nodeId('one'));
    await leases.list(nodeId('one'), [roomId('room')]);
    leases.failOver(leases.tables);
    expect(await leases.renew(nodeId('one'))).toBe('unlisted');
    expect(await leases.holders(roomId('other'), [nodeId('one')])).toEqual(new Map([['one', 'unknown']]));
    expect((await leases.holders(roomId('room'), [nodeId('one')])).get(nodeId('one'))).toBe('yes');
  });

  test('[L6] a server that took over counts its surveys from then on', async () => {
    const { leases } = engines;
    const { since } = await leases.survey({ limit: 0 });
    await clock.advance(1_000);
    leases.failOver(leases.tables);
    expect((await leases.survey({ limit: 0 })).since).toBe(since + 1_000);
  });
});

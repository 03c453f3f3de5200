// A node that may have lost its lease writes nothing. What it sent before, and arrives after that, is refused as well.
import { beforeEach, describe, expect, test } from 'vitest';
import { LEASE_MS, type LeaseStore } from '../../src/store/lease-store.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { aRoom, Cluster, eventTypes, withAliceSeated } from '../scenes/cluster-scene.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import type { Person, RoomNode } from '../support/room-node.ts';

let cluster: Cluster;
let seam: Interposed;
let paused: RoomNode;
let living: RoomNode;
let owner: Person;
let alice: Person;
let id: string;
let isCut: boolean;

/** The lease store as one node reaches it: not at all while the node is cut off. */
function cuttable(leases: LeaseStore): LeaseStore {
  const there = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    if (isCut) throw new StoreUnavailableError('cut off');
    return ask();
  };
  return {
    renew: (node) => there(() => leases.renew(node)),
    hold: (node, rooms) => there(() => leases.hold(node, rooms)),
    release: (node, rooms) => there(() => leases.release(node, rooms)),
    survey: (options) => there(() => leases.survey(options)),
    list: (node, rooms) => there(() => leases.list(node, rooms)),
    holders: (roomId, nodes) => there(() => leases.holders(roomId, nodes)),
    claimOrphans: (rooms) => there(() => leases.claimOrphans(rooms)),
    reaped: (room, againAt) => there(() => leases.reaped(room, againAt)),
    resign: (node) => there(() => leases.resign(node)),
  };
}

beforeEach(async () => {
  cluster = new Cluster();
  isCut = false;
  seam = { ...interpose(cluster.engines), leases: cuttable(cluster.engines.leases) };
  [paused, living] = [cluster.start(seam), cluster.start()];
  await cluster.pass(1_000);
  ({ id, owner, alice } = await withAliceSeated({ ownerOn: living, aliceOn: paused }));
  await cluster.pass(250);
});

const version = async () => (await cluster.engines.store.load(id as never))?.version;

describe('a node whose lease is not certain', () => {
  /** The store does not answer its renewals. */
  async function cutOff(): Promise<void> {
    cluster.engines.leases.renew = () => new Promise(() => undefined);
    for (let passed = 0; passed < LEASE_MS; passed += 250) await cluster.clockOf(paused).advance(250);
  }

  test.each([
    ['seat:leave', { commandId: 'c' }],
    ['message:send', { kind: 'chat', body: { text: 'hi' } }],
    ['message:delete', { messageId: 'm' }],
    ['signal:send', { to: 'owner', data: {} }],
    ['room:leave', {}],
  ] as const)('[PRES-3][ACK-4] refuses %s with UNAVAILABLE, and nothing is written', async (name, payload) => {
    const before = await version();
    await cutOff();
    expect(await alice.refusal(name, { roomId: id, ...payload } as never)).toBe('UNAVAILABLE');
    expect([await version(), await cluster.members(id)]).toEqual([before, ['alice', 'owner']]);
  });

  test('[PRES-3][ACK-4] admits no member and creates no room', async () => {
    await cutOff();
    const bob = paused.connect('bob');
    expect(await bob.refusal('room:join', { roomId: id })).toBe('UNAVAILABLE');
    expect(await bob.refusal('room:create', aRoom())).toBe('UNAVAILABLE');
    expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  });

  test('[PRES-3] still answers queries', async () => {
    await cutOff();
    expect(await alice.do('room:sync', { roomId: id, epoch: 'x', version: 0 })).toMatchObject({ room: { roomId: id } });
  });
});

describe('a node that is cut off for long', () => {
  const GRACE_MS = 45_000;

  /** Alice gets `room:left`: late, but before the seat could go to another user. */
  async function areWarnedInTime(): Promise<void> {
    const messages = () => alice.payloadsOf('room:left');
    await cluster.pass(GRACE_MS);
    expect(messages()).toEqual([]);
    for (let passed = 0; passed < LEASE_MS && messages().length === 0; passed += 250) await cluster.pass(250);
    expect(messages()).toMatchObject([{ reason: 'disconnected' }]);
    expect((await cluster.state(id)).seats[3]?.occupant?.userId).toBe('alice');
  }

  test('[PRES-3][SEAT-1] its seated members are told in time that their seats may go to others', async () => {
    isCut = true;
    await areWarnedInTime();
    await cluster.pass(3_000);
    expect((await cluster.state(id)).seats[3]?.occupant).toBeNull();
  });

  test('[PRES-3][SEAT-1] also while another room is being activated and the store does not answer', async () => {
    const other = aRoom();
    await living.connect('host').do('room:create', other);
    isCut = true;
    seam.beforeSubscribe(() => new Promise(() => undefined));
    void paused.connect('carol').try('room:join', { roomId: other.roomId });
    await areWarnedInTime();
  });

  test('[PRES-3] a node that is alone tells no member: no other node could have given away a seat', async () => {
    await living.close();
    await cluster.pass(1_000);
    isCut = true;
    await cluster.pass(LEASE_MS + 2 * GRACE_MS);
    expect(alice.payloadsOf('room:left')).toEqual([]);
  });
});

describe('a node that is stopped and goes on', () => {
  test.each([2_000, 8_000, 30_000])('[PRES-3] what it had decided %i ms ago is not done', async (pauseMs) => {
    let goOn = () => undefined as unknown;
    seam.nextCommit(async (commit, carryOut) => {
      await new Promise((resolve) => {
        goOn = () => resolve(undefined);
      });
      return carryOut(commit);
    });
    const leaving = alice.try('seat:leave', { roomId: id });
    const resume = cluster.stop(paused);
    await cluster.pass(pauseMs);
    const before = await version();
    resume();
    goOn();
    const outcome = await leaving;
    const types = eventTypes(owner);
    // Within the lease the turn is decided again, by the present time. Beyond it nothing is decided.
    if (pauseMs > LEASE_MS) {
      expect([outcome.ok, types, await version()]).toEqual([false, ['seat.taken', 'seat.away'], before]);
    } else expect([outcome.ok, types]).toEqual([true, ['seat.taken', 'seat.left']]);
  });
});

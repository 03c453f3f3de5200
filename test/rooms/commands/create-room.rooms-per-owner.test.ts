// The limit on open rooms per owner: counted from the rooms themselves when the owner creates another one.
import { beforeEach, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { ROOMS_PER_OWNER_MAX } from '../../../src/rooms/commands/create-room.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';
import { roomId, userId } from '../../support/stored-room.ts';

let clock: ManualClock;
let engines: Engines;
let node: RoomNode;
let owner: Person;

beforeEach(() => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  node = new RoomNode(engines, clock);
  owner = node.connect('owner');
});

/** Creates that many rooms. */
async function createRooms(count: number, prefix = 'r'): Promise<void> {
  for (let index = 0; index < count; index++) {
    const roomId = `${prefix}${index}`;
    await owner.do('room:create', { roomId, title: 'A', emptyMs: 86_400_000 });
    await owner.do('room:leave', { roomId });
  }
}

test('[ROOM-1] an owner of ten open rooms cannot create an eleventh, neither at once nor later', async () => {
  await createRooms(ROOMS_PER_OWNER_MAX);
  for (const wait of [0, 10_000, 10 * 60_000]) {
    await clock.advance(wait);
    expect(await owner.try('room:create', { title: 'B' })).toMatchObject({
      ok: false,
      rejection: { code: 'TOO_MANY_ROOMS', details: { limit: 10 } },
    });
  }
  expect(await node.connect('other').refusal('room:create', { title: 'B' })).toBeNull();
});

test('[ROOM-1] a closed room makes room for another at once', async () => {
  await createRooms(ROOMS_PER_OWNER_MAX);
  await owner.do('room:join', { roomId: 'r3' });
  await owner.do('room:close', { roomId: 'r3' });
  expect(await owner.refusal('room:create', { title: 'B' })).toBeNull();
  expect(await owner.refusal('room:create', { title: 'C' })).toBe('TOO_MANY_ROOMS');
});

test('[ROOM-1] a room that was given away counts for its new owner', async () => {
  await createRooms(ROOMS_PER_OWNER_MAX - 1);
  await owner.do('room:create', { roomId: 'last', title: 'A' });
  await clock.advance(1_000);
  const heir = await node.join('heir', 'last');
  await owner.do('owner:transfer', { roomId: 'last', userId: 'heir' });
  await clock.advance(1_000);
  expect(await engines.directory.ownedBy(userId('heir'))).toEqual(['last']);
  expect(await engines.directory.ownedBy(userId('owner'))).not.toContain('last');
  expect(await owner.refusal('room:create', { title: 'B' })).toBeNull();
  expect(await heir.refusal('room:create', { title: 'B' })).toBeNull();
});

test('[ROOM-1] entries of rooms that ended or belong to another owner are dropped before they count', async () => {
  await createRooms(ROOMS_PER_OWNER_MAX - 1);
  const other = node.connect('other');
  await other.do('room:create', { roomId: 'others', title: 'A' });
  for (const stale of ['others', 'never', 'nor-this']) await engines.directory.claim(userId('owner'), roomId(stale));
  expect(await owner.refusal('room:create', { title: 'B' })).toBeNull();
  expect(await engines.directory.ownedBy(userId('owner'))).toHaveLength(ROOMS_PER_OWNER_MAX);
});

test('[ACK-2] at the limit a repeated creation finds its room all the same', async () => {
  await createRooms(ROOMS_PER_OWNER_MAX - 1);
  const create = { title: 'A', commandId: 'c1' };
  const first = await owner.do('room:create', create);
  expect((await owner.do('room:create', create)).room.roomId).toBe(first.room.roomId);
  expect(await owner.refusal('room:create', { ...create, commandId: 'c2' })).toBe('TOO_MANY_ROOMS');
});

test('[ACK-2] when the directory does not answer after the creation, the command succeeds', async () => {
  const claim = async () => {
    throw new Error('away');
  };
  const directory = new Proxy(engines.directory, {
    get: (target, name) => (name === 'claim' ? claim : Reflect.get(target, name).bind(target)),
  });
  const host = new RoomNode({ ...engines, directory }, clock).connect('host');
  expect(await host.refusal('room:create', { roomId: 'r1', title: 'A' })).toBeNull();
  await clock.advance(1_000);
  expect(await engines.directory.ownedBy(userId('host'))).toEqual(['r1']);
});

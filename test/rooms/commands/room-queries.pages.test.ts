// Lists that clients read page by page: a room's members, and the directory.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { roomAckSchemas } from '../../../src/protocol/snapshot.ts';
import type { DirectoryStore } from '../../../src/store/directory-store.ts';
import { StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';
import { roomId } from '../../support/stored-room.ts';

let clock: ManualClock;
let engines: Engines;
let node: RoomNode;
let owner: Person;

beforeEach(async () => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  node = new RoomNode(engines, clock);
  owner = node.connect('owner');
  await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
});

describe('room:members', () => {
  test('[PRES-5] gives members page by page, with their roles and seats', async () => {
    for (const name of ['alice', 'bob', 'carol']) await node.join(name, 'r1');
    const dora = await node.join('dora', 'r1');
    await dora.do('seat:take', { roomId: 'r1', seat: 3 });
    await owner.do('admin:add', { roomId: 'r1', userId: 'bob' });
    const first = await dora.do('room:members', { roomId: 'r1', limit: 3 });
    expect(roomAckSchemas['room:members'].parse(first)).toEqual(first);
    const second = await dora.do('room:members', { roomId: 'r1', limit: 3, cursor: first.cursor ?? '' });
    expect([first.count, first.members.length, second.count, second.cursor]).toEqual([5, 3, 5, null]);
    const rows = [...first.members, ...second.members].map(({ userId, role, seat }) => [userId, role, seat]);
    expect(rows.sort()).toEqual([
      ['alice', 'member', null],
      ['bob', 'admin', null],
      ['carol', 'member', null],
      ['dora', 'member', 3],
      ['owner', 'owner', null],
    ]);
  });

  test('[PRES-5] answers members only; the rejection says whether the room exists', async () => {
    const stranger = node.connect('stranger');
    expect(await stranger.refusal('room:members', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    expect(await stranger.refusal('room:members', { roomId: 'none' })).toBe('ROOM_NOT_FOUND');
    await owner.do('room:close', { roomId: 'r1' });
    expect(await owner.refusal('room:members', { roomId: 'r1' })).toBe('ROOM_CLOSED');
  });

  test('[PRES-5] a reader without a session gets them from the service', async () => {
    const page = await node.service.queries.listMembers({ roomId: roomId('r1'), limit: 10 });
    expect(page).toMatchObject({ ok: true, data: { count: 1, members: [{ userId: 'owner', role: 'owner' }] } });
    expect(await node.service.queries.listMembers({ roomId: roomId('none'), limit: 10 })).toMatchObject({
      rejection: { code: 'ROOM_NOT_FOUND' },
    });
    await owner.do('room:close', { roomId: 'r1' });
    expect(await node.service.queries.listMembers({ roomId: roomId('r1'), limit: 10 })).toMatchObject({
      rejection: { code: 'ROOM_CLOSED' },
    });
  });
});

/** A directory that fails while `isAway`, and that counts the calls. */
function unreliable(directory: DirectoryStore) {
  const seam = { isAway: false, calls: 0 };
  const guarded =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      seam.calls++;
      if (seam.isAway) throw new StoreUnavailableError('away');
      return call(...args);
    };
  const store: DirectoryStore = {
    announce: guarded((entry) => directory.announce(entry)),
    remove: guarded((room) => directory.remove(room)),
    claim: guarded((ownerId, room) => directory.claim(ownerId, room)),
    disown: guarded((ownerId, room) => directory.disown(ownerId, room)),
    ownedBy: (ownerId) => directory.ownedBy(ownerId),
    list: (query) => directory.list(query),
  };
  return { seam, store };
}

describe('room:list', () => {
  const ids = async (person: Person, query = {}) => {
    const { rooms } = await person.do('room:list', query);
    return rooms.map((room) => room.roomId);
  };

  test('[ROOM-8] lists open rooms to any user, at most a second stale', async () => {
    await owner.do('room:update', { roomId: 'r1', password: 'p', category: '音乐' });
    const alice = node.connect('alice');
    await alice.do('room:join', { roomId: 'r1', password: 'p' });
    await alice.do('seat:take', { roomId: 'r1' });
    await clock.advance(1_000);
    const stranger = node.connect('stranger');
    const list = await stranger.do('room:list', {});
    expect(roomAckSchemas['room:list'].parse(list)).toEqual(list);
    expect(list).toMatchObject({
      rooms: [{ roomId: 'r1', title: 'A', category: '音乐', seatsTaken: 1, audienceCount: 2, hasPassword: true }],
      cursor: null,
    });
    await clock.advance(10 * 60_000);
    expect(await ids(stranger, { category: '音乐' })).toEqual(['r1']);
    await owner.do('room:close', { roomId: 'r1' });
    await clock.advance(1_000);
    expect(await ids(stranger)).toEqual([]);
  });

  test('[ROOM-8] a node writes changes to the directory, and every entry again before it expires', async () => {
    const { seam, store } = unreliable(engines.directory);
    const counting = new RoomNode({ ...engines, directory: store }, clock);
    const bob = await counting.join('bob', 'r1');
    await bob.do('seat:take', { roomId: 'r1' });
    await clock.advance(1_000);
    const before = seam.calls;
    for (let round = 0; round < 5; round++) {
      await bob.do('mic:set', { roomId: 'r1', on: round % 2 === 1 });
      await clock.advance(1_000);
    }
    expect(seam.calls).toBe(before);
    await bob.do('seat:leave', { roomId: 'r1' });
    await clock.advance(1_000);
    expect(seam.calls).toBe(before + 1);
    await clock.advance(90_000);
    expect(seam.calls).toBeGreaterThan(before + 2);
    await counting.close();
  });

  test('[ROOM-8] sorts by audience or by age, within one category or all', async () => {
    const other = node.connect('other');
    await other.do('room:create', { roomId: 'r2', title: 'B', category: 'game' });
    await node.join('alice', 'r1');
    await clock.advance(1_000);
    await node.connect('third').do('room:create', { roomId: 'r3', title: 'C' });
    await clock.advance(1_000);
    expect(await ids(other)).toEqual(['r3', 'r2', 'r1']);
    expect(await ids(other, { sort: 'audience' })).toEqual(['r1', 'r3', 'r2']);
    expect(await ids(other, { sort: 'audience', category: 'game' })).toEqual(['r2']);
    expect(await ids(other, { category: 'none' })).toEqual([]);
  });

  test('[ROOM-8] accepts a cursor only for the order and category that it came from', async () => {
    for (const name of ['r2', 'r3']) await owner.do('room:create', { roomId: name, title: 'B', category: 'game' });
    await clock.advance(1_000);
    const { cursor } = await owner.do('room:list', { category: 'game', limit: 1 });
    expect(await ids(owner, { category: 'game', cursor })).toEqual(['r2']);
    for (const other of [{}, { category: 'music' }, { category: 'game', sort: 'audience' as const }]) {
      expect(await owner.try('room:list', { ...other, cursor: cursor ?? '' })).toMatchObject({
        rejection: { code: 'BAD_REQUEST', details: { field: 'cursor' } },
      });
    }
  });
});

describe('the directory entry of a room', () => {
  test('[ROOM-8] disappears when the room closes, as soon as the directory answers again', async () => {
    const { seam, store } = unreliable(engines.directory);
    const writer = new RoomNode({ ...engines, directory: store }, clock);
    const host = writer.connect('host');
    await host.do('room:create', { roomId: 'r9', title: 'X' });
    await owner.do('room:leave', { roomId: 'r1' });
    await clock.advance(1_000);
    seam.isAway = true;
    await host.do('room:close', { roomId: 'r9' });
    await clock.advance(5_000);
    const listed = async () =>
      (await node.service.queries.listRooms({ sort: 'new', limit: 9 })) as { data?: { rooms: unknown } };
    expect((await listed()).data?.rooms).toMatchObject([{ roomId: 'r9' }, { roomId: 'r1' }]);
    seam.isAway = false;
    await clock.advance(1_000);
    expect((await listed()).data?.rooms).toMatchObject([{ roomId: 'r1' }]);
    const { calls } = seam;
    await clock.advance(20_000);
    expect(seam.calls).toBe(calls);
  });

  test('[ROOM-8] is not retried forever, and not at all by a node that has passivated the room', async () => {
    const { seam, store } = unreliable(engines.directory);
    const writer = new RoomNode({ ...engines, directory: store }, clock);
    const host = writer.connect('host');
    await host.do('room:create', { roomId: 'r9', title: 'X' });
    // The room goes on elsewhere, so this node passivates it.
    await node.join('friend', 'r9');
    await clock.advance(1_000);
    seam.isAway = true;
    const before = seam.calls;
    await host.do('room:leave', { roomId: 'r9' });
    await clock.advance(700);
    expect(seam.calls).toBe(before + 1);
    await clock.advance(60_000);
    expect(seam.calls).toBe(before + 1);
    await host.do('room:join', { roomId: 'r9' });
    await host.do('room:close', { roomId: 'r9' });
    await clock.advance(3 * 60_000);
    const { calls } = seam;
    expect(calls).toBeGreaterThan(before + 50);
    await clock.advance(60_000);
    expect(seam.calls).toBe(calls);
  });
});

// What is read page by page through the room service: a room's members, the directory.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { roomAckSchemas } from '../../src/protocol/snapshot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Person, RoomNode } from '../support/room-node.ts';
import { roomId } from '../support/stored-room.ts';

let clock: ManualClock;
let node: RoomNode;
let owner: Person;

beforeEach(async () => {
  clock = new ManualClock();
  node = new RoomNode(createMemoryEngines(clock), clock);
  owner = node.connect('owner');
  await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
});

describe('room:members', () => {
  test('[PRES-5] members page by page, with their roles and seats', async () => {
    for (const name of ['alice', 'bob', 'carol']) await node.join(name, 'r1');
    const dora = await node.join('dora', 'r1');
    await dora.do('seat:take', { roomId: 'r1', seat: 3 });
    await owner.do('admin:add', { roomId: 'r1', userId: 'bob' });
    const first = await dora.do('room:members', { roomId: 'r1', limit: 3 });
    expect(roomAckSchemas['room:members'].parse(first)).toEqual(first);
    const second = await dora.do('room:members', { roomId: 'r1', limit: 3, cursor: first.cursor ?? '' });
    expect([first.count, first.members.length, second.count, second.cursor]).toEqual([5, 3, 5, null]);
    const shown = [...first.members, ...second.members].map(({ userId, role, seat }) => [userId, role, seat]);
    expect(shown.sort()).toEqual([
      ['alice', 'member', null],
      ['bob', 'admin', null],
      ['carol', 'member', null],
      ['dora', 'member', 3],
      ['owner', 'owner', null],
    ]);
  });

  test('[PRES-5] only members are told; what is no room is said to be none', async () => {
    const stranger = node.connect('stranger');
    expect(await stranger.refusal('room:members', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    expect(await stranger.refusal('room:members', { roomId: 'none' })).toBe('ROOM_NOT_FOUND');
    await owner.do('room:close', { roomId: 'r1' });
    expect(await owner.refusal('room:members', { roomId: 'r1' })).toBe('ROOM_CLOSED');
  });

  test('[PRES-5] who has no session reads them through the service', async () => {
    const page = await node.service.members(roomId('r1'), { cursor: null, limit: 10 });
    expect(page).toMatchObject({ ok: true, data: { count: 1, members: [{ userId: 'owner', role: 'owner' }] } });
    const query = { cursor: null, limit: 10 };
    expect(await node.service.members(roomId('none'), query)).toMatchObject({ rejection: { code: 'ROOM_NOT_FOUND' } });
    await owner.do('room:close', { roomId: 'r1' });
    expect(await node.service.members(roomId('r1'), query)).toMatchObject({ rejection: { code: 'ROOM_CLOSED' } });
  });
});

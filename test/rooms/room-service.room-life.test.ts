// The life of a room on one node: create, join, leave, update, close.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../src/engines.ts';
import { roomAckSchemas, roomSnapshotSchema } from '../../src/protocol/snapshot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Person, RoomNode } from '../support/room-node.ts';

let clock: ManualClock;
let node: RoomNode;
let owner: Person;

beforeEach(() => {
  clock = new ManualClock();
  node = new RoomNode(createMemoryEngines(clock), clock);
  owner = node.connect('owner');
});

describe('creation', () => {
  test('[ROOM-1] the creator is owner and member, and gets room, place and grant in one answer', async () => {
    const answer = await owner.do('room:create', { roomId: 'r1', title: '  深夜电台  ', seatCount: 4 });
    expect(roomAckSchemas['room:create'].parse(answer)).toEqual(answer);
    expect(answer.room).toMatchObject({
      roomId: 'r1',
      title: '深夜电台',
      ownerId: 'owner',
      seatMode: 'request',
      version: 0,
    });
    expect(answer.room.seats.map(({ seat, occupant }) => [seat, occupant])).toEqual(
      [0, 1, 2, 3].map((seat) => [seat, null]),
    );
    expect(answer.room.audience).toMatchObject({ count: 1, members: [{ userId: 'owner', role: 'owner', seat: null }] });
    expect(answer.you).toMatchObject({ role: 'owner', seat: null, request: null, invitation: null });
    expect(answer.grant).toMatchObject({ roomId: 'r1', provider: 'none', role: 'subscriber' });
  });

  test('[ROOM-1] without an id the server makes one; the id of an open room is refused', async () => {
    const { room } = await owner.do('room:create', { title: 'A' });
    expect(room.roomId).toMatch(/^[A-Za-z0-9_-]{1,63}$/);
    expect(await owner.refusal('room:create', { title: 'B', roomId: room.roomId })).toBe('ROOM_EXISTS');
  });

  test('[ACK-2] a repeated creation with the same command id answers with the room as it is now', async () => {
    const first = await owner.do('room:create', { title: 'A', commandId: 'c1' });
    await owner.do('room:update', { roomId: first.room.roomId, title: 'B' });
    const again = await owner.do('room:create', { title: 'A', commandId: 'c1' });
    expect(again.room).toMatchObject({ roomId: first.room.roomId, title: 'B', version: 1 });
    const other = await node.connect('other').do('room:create', { title: 'A', commandId: 'c1' });
    expect(other.room.roomId).not.toBe(first.room.roomId);
    const named = { title: 'N', roomId: 'named', commandId: 'c2' };
    await owner.do('room:create', named);
    expect((await owner.do('room:create', named)).room.roomId).toBe('named');
    expect(await owner.refusal('room:create', { ...named, commandId: 'c3' })).toBe('ROOM_EXISTS');
  });
});

test('[ACK-2] the answer is remembered after the membership has ended', async () => {
  await owner.do('room:create', { roomId: 'r1', title: 'A' });
  const close = { roomId: 'r1', commandId: 'c9' };
  const first = await owner.do('room:close', close);
  expect(await owner.do('room:close', close)).toEqual(first);
  expect(await owner.refusal('room:update', { ...close, title: 'B' })).toBe('BAD_REQUEST');
  expect(await owner.refusal('room:close', { roomId: 'r1', commandId: 'other' })).toBe('ROOM_CLOSED');
});

test('[ACK-2] a command id of another command does not create a room', async () => {
  await owner.do('room:create', { roomId: 'r1', title: 'A' });
  await owner.do('room:update', { roomId: 'r1', title: 'B', commandId: 'c1' });
  expect(await owner.refusal('room:create', { roomId: 'r1', title: 'C', commandId: 'c1' })).toBe('BAD_REQUEST');
});

test('[ROOM-2] the owner can join their full room', async () => {
  await owner.do('room:create', { roomId: 'r1', title: 'A', capacity: 1 });
  await owner.do('room:leave', { roomId: 'r1' });
  await node.join('alice', 'r1');
  expect(await node.connect('bob').refusal('room:join', { roomId: 'r1' })).toBe('ROOM_FULL');
  expect(await owner.refusal('room:join', { roomId: 'r1' })).toBeNull();
});

describe('joining and leaving', () => {
  beforeEach(() => owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' }));

  test('[ROOM-2] joining again keeps one member, with a new fence and without a farewell', async () => {
    const alice = node.connect('alice');
    const first = await alice.do('room:join', { roomId: 'r1' });
    const second = await alice.do('room:join', { roomId: 'r1' });
    expect(second.you.fence).toBeGreaterThan(first.you.fence);
    expect('room' in second && second.room.audience.count).toBe(2);
    expect(alice.payloadsOf('room:left')).toEqual([]);
    expect(await alice.do('seat:take', { roomId: 'r1' })).toMatchObject({ seat: 1 });
  });

  test('[SYNC-6] other members get joins and leaves, with the fence of the session', async () => {
    const alice = await node.join('alice', 'r1');
    await expect
      .poll(() => owner.payloadsOf('room:audience').at(-1))
      .toMatchObject({ count: 2, joined: [{ userId: 'alice' }] });
    const fence = owner.payloadsOf('room:audience').at(-1)?.joined?.[0]?.fence;
    await alice.do('room:leave', { roomId: 'r1' });
    await expect
      .poll(() => owner.payloadsOf('room:audience').at(-1))
      .toEqual({
        roomId: 'r1',
        count: 1,
        left: [{ userId: 'alice', fence }],
      });
  });

  test('[ROOM-2] a password keeps users out, but neither the owner nor present members', async () => {
    const alice = await node.join('alice', 'r1');
    await owner.do('room:update', { roomId: 'r1', password: '芝麻开门' });
    const bob = node.connect('bob');
    expect(await bob.refusal('room:join', { roomId: 'r1' })).toBe('WRONG_PASSWORD');
    expect(await bob.refusal('room:join', { roomId: 'r1', password: 'sesame' })).toBe('WRONG_PASSWORD');
    expect(await bob.refusal('room:join', { roomId: 'r1', password: '芝麻开门' })).toBeNull();
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBeNull();
    expect(await node.connect('owner').refusal('room:join', { roomId: 'r1' })).toBeNull();
    const { room } = (await node.connect('owner').do('room:join', { roomId: 'r1' })) as { room: object };
    expect(JSON.stringify(room)).not.toMatch(/passwordHash|芝麻开门/);
    expect(room).toMatchObject({ hasPassword: true });
  });

  test('[CONN-8] a connection can join four rooms and no fifth, also when it sends all joins at once', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const roomId of ids) await node.connect(`host-${roomId}`).do('room:create', { roomId, title: roomId });
    const alice = node.connect('alice');
    const refusals = await Promise.all(ids.map((roomId) => alice.refusal('room:join', { roomId })));
    expect(refusals).toEqual([null, null, null, null, 'TOO_MANY_ROOMS']);
    expect(await alice.refusal('room:create', { roomId: 'f', title: 'F' })).toBe('TOO_MANY_ROOMS');
    expect(await alice.refusal('room:create', { title: 'F' })).toBe('TOO_MANY_ROOMS');
    expect(await node.connect('bob').refusal('room:join', { roomId: 'f' })).toBe('ROOM_NOT_FOUND');
    await alice.do('room:leave', { roomId: 'a' });
    expect(await alice.refusal('room:join', { roomId: 'e' })).toBeNull();
  });

  test('[ROOM-2] many joins at once are all answered and leave one member', async () => {
    const alice = node.connect('alice');
    const joins = Array.from({ length: 5 }, () => alice.refusal('room:join', { roomId: 'r1' }));
    expect(await Promise.all(joins)).toEqual([null, null, null, null, null]);
    expect(alice.payloadsOf('room:left')).toEqual([]);
    expect(await alice.do('seat:take', { roomId: 'r1' })).toMatchObject({ seat: 1 });
  });

  test('the rejection of a user that is no member says whether the room exists', async () => {
    const alice = node.connect('alice');
    expect(await alice.refusal('seat:take', { roomId: 'nowhere' })).toBe('ROOM_NOT_FOUND');
    expect(await alice.refusal('seat:take', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    expect(await alice.refusal('room:leave', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    expect(await alice.refusal('room:sync', { roomId: 'r1', epoch: 'e', version: 0 })).toBe('NOT_A_MEMBER');
    expect(await alice.refusal('rtc:renew', { roomId: 'r1' })).toBe('NOT_A_MEMBER');
    expect(await alice.refusal('room:join', { roomId: 'nowhere' })).toBe('ROOM_NOT_FOUND');
  });
});

describe('closing', () => {
  test('[ROOM-6] all members get it and are removed; the id is reserved for 10 minutes, then free', async () => {
    await owner.do('room:create', { roomId: 'r1', title: 'A', seatMode: 'free' });
    const alice = await node.join('alice', 'r1');
    await alice.do('seat:take', { roomId: 'r1' });
    await owner.do('room:close', { roomId: 'r1', reason: '散场' });
    expect(alice.stageEvents().map(({ type }) => type)).toEqual(['seat.taken', 'seat.left', 'room.closed']);
    expect(alice.payloadsOf('room:left')).toEqual([{ roomId: 'r1', reason: 'roomClosed', by: 'owner' }]);
    expect(alice.payloadsOf('rtc:grant').map(({ reason }) => reason)).toEqual(['seated']);
    expect(await alice.refusal('seat:take', { roomId: 'r1' })).toBe('ROOM_CLOSED');
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBe('ROOM_CLOSED');
    expect(await owner.refusal('room:create', { roomId: 'r1', title: 'B' })).toBe('ROOM_CLOSED');
    await clock.advance(10 * 60_000);
    expect(await alice.refusal('room:join', { roomId: 'r1' })).toBe('ROOM_NOT_FOUND');
    const { room } = await owner.do('room:create', { roomId: 'r1', title: 'B' });
    expect(roomSnapshotSchema.parse(room)).toMatchObject({ title: 'B', version: 0 });
    expect(node.service.liveRoomCount).toBe(1);
  });

  test('[ROOM-9] a node passivates a room without members here', async () => {
    await owner.do('room:create', { roomId: 'r1', title: 'A' });
    expect(node.service.liveRoomCount).toBe(1);
    await owner.do('room:leave', { roomId: 'r1' });
    await node.service.idle();
    // An empty room stays live until it is closed as empty.
    expect(node.service.liveRoomCount).toBe(1);
    await clock.advance(5 * 60_000 + 1_000);
    await node.service.idle();
    expect(node.service.liveRoomCount).toBe(0);
    expect(await node.connect('alice').refusal('room:join', { roomId: 'r1' })).toBe('ROOM_CLOSED');
    expect(await node.connect('alice').refusal('room:join', { roomId: 'nowhere' })).toBe('ROOM_NOT_FOUND');
    expect(node.service.liveRoomCount).toBe(0);
  });
});

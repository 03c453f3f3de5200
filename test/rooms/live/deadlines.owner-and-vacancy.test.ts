// A room that its owner has left, and a room without members (ROOM-7); also attributes and the password lock.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import type { PayloadInput } from '../../../src/protocol/commands.ts';
import { interpose } from '../../support/interposed.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';

let clock: ManualClock;
let here: RoomNode;
let elsewhere: RoomNode;
let owner: Person;
const roomId = 'r1';

beforeEach(() => {
  clock = new ManualClock();
  const engines = createMemoryEngines(clock);
  here = new RoomNode(engines, clock);
  elsewhere = new RoomNode(engines, clock);
  owner = here.connect('owner');
});
afterEach(() => Promise.all([here.close(), elsewhere.close()]));

const create = (more: Partial<PayloadInput<'room:create'>> = {}) =>
  owner.do('room:create', { roomId, title: 'A', seatMode: 'free', ...more });
const idle = async () => {
  await here.service.idle();
  await elsewhere.service.idle();
};
const roomNow = async (person: Person) => {
  const answer = await person.do('room:join', { roomId });
  return 'room' in answer ? answer.room : null;
};

describe('[ROOM-7] the owner leaves', () => {
  test('close: the leave of the owner closes the room in one version', async () => {
    await create({ ownerAbsent: 'close' });
    const alice = await elsewhere.join('alice', roomId);
    await alice.do('seat:take', { roomId, seat: 3 });
    await owner.do('room:leave', { roomId });
    await idle();
    expect(alice.stageEvents().slice(-2)).toMatchObject([
      { type: 'seat.left', reason: 'roomClosed' },
      { type: 'room.closed', reason: 'ownerAbsent' },
    ]);
    expect(alice.payloadsOf('room:left')).toMatchObject([{ reason: 'roomClosed' }]);
    expect(await alice.refusal('room:join', { roomId })).toBe('ROOM_CLOSED');
  });

  test('close: a dropped owner gets a grace on the stage first, even without a seat', async () => {
    await create({ ownerAbsent: 'close' });
    const alice = await elsewhere.join('alice', roomId);
    await owner.disconnect();
    await clock.advance(44_000);
    await idle();
    expect(alice.payloadsOf('room:left')).toEqual([]);
    await clock.advance(2_000);
    await idle();
    expect(alice.payloadsOf('room:left')).toMatchObject([{ reason: 'roomClosed', by: 'system' }]);
  });

  test('close: if the owner is back within the grace, nothing happens', async () => {
    await create({ ownerAbsent: 'close' });
    const alice = await elsewhere.join('alice', roomId);
    await owner.disconnect();
    await clock.advance(30_000);
    const again = elsewhere.connect('owner');
    expect(await again.do('room:join', { roomId })).toMatchObject({ you: { role: 'owner' } });
    await clock.advance(120_000);
    await idle();
    expect(alice.payloadsOf('room:left')).toEqual([]);
  });

  test('promote: the longest-serving admin in the room, in the version in which the owner leaves', async () => {
    await create({ ownerAbsent: 'promote' });
    const [ada, abe, bob] = [
      await elsewhere.join('ada', roomId),
      await here.join('abe', roomId),
      await elsewhere.join('bob', roomId),
    ];
    for (const userId of ['ada', 'abe']) await owner.do('admin:add', { roomId, userId });
    await ada.do('room:leave', { roomId });
    await bob.do('seat:take', { roomId, seat: 3 });
    await owner.do('room:leave', { roomId });
    await idle();
    expect(bob.stageEvents().slice(-3)).toMatchObject([
      { type: 'admin.removed', userId: 'abe' },
      { type: 'owner.changed', from: 'owner', to: 'abe', reason: 'ownerAbsent' },
      { type: 'admin.added', userId: 'owner' },
    ]);
    expect(abe.payloadsOf('room:snapshot').at(-1)).toMatchObject({ you: { role: 'admin' } });
    expect(await abe.refusal('room:update', { roomId, seatMode: 'invite' })).toBeNull();
  });

  test('promote: without an admin, the member who has been seated longest and is not away', async () => {
    await create({ ownerAbsent: 'promote' });
    const [alice, bob, carol] = [
      await elsewhere.join('alice', roomId),
      await here.join('bob', roomId),
      await here.join('carol', roomId),
    ];
    for (const [index, person] of [alice, bob, carol].entries()) {
      await clock.advance(1_000);
      await person.do('seat:take', { roomId, seat: 5 - index });
    }
    await alice.disconnect();
    await owner.do('room:leave', { roomId });
    await idle();
    expect((await roomNow(carol))?.ownerId).toBe('bob');
  });

  test('keep, and promote with nobody to promote: the room goes on without an owner in it', async () => {
    await create({ ownerAbsent: 'promote' });
    const alice = await elsewhere.join('alice', roomId);
    await owner.do('room:leave', { roomId });
    expect((await roomNow(alice))?.ownerId).toBe('owner');
    expect(await owner.do('room:join', { roomId })).toMatchObject({ you: { role: 'owner' } });
  });
});

describe('[ROOM-7] a room without members', () => {
  test('closes after emptyMs, on the node that had the last member', async () => {
    await create({ emptyMs: 60_000 });
    const alice = await elsewhere.join('alice', roomId);
    await owner.do('room:leave', { roomId });
    await alice.do('room:leave', { roomId });
    await idle();
    await clock.advance(59_000);
    await idle();
    expect(await here.engines.store.load(roomId as never)).toMatchObject({ state: { closed: null } });
    await clock.advance(2_000);
    await idle();
    expect(await here.connect('bob').refusal('room:join', { roomId })).toBe('ROOM_CLOSED');
  });

  test('stays open if a member comes in time; then it waits again', async () => {
    await create({ emptyMs: 60_000 });
    await owner.do('room:leave', { roomId });
    await clock.advance(50_000);
    const bob = await elsewhere.join('bob', roomId);
    await clock.advance(120_000);
    await idle();
    await bob.do('room:leave', { roomId });
    await clock.advance(59_000);
    await idle();
    expect(here.service.liveRoomCount + elsewhere.service.liveRoomCount).toBeGreaterThan(0);
    await clock.advance(2_000);
    await idle();
    expect(await bob.refusal('room:join', { roomId })).toBe('ROOM_CLOSED');
    await idle();
    expect(here.service.liveRoomCount + elsewhere.service.liveRoomCount).toBe(0);
  });

  test('waits from the end of the last grace: a listener in a grace is a member', async () => {
    await create({ emptyMs: 10_000 });
    const alice = await elsewhere.join('alice', roomId);
    await owner.do('room:leave', { roomId });
    await alice.disconnect();
    await clock.advance(15_000);
    await idle();
    await clock.advance(9_000);
    await idle();
    expect(await here.engines.store.load(roomId as never)).toMatchObject({ state: { closed: null } });
    await clock.advance(2_000);
    await idle();
    expect(await here.engines.store.load(roomId as never)).toMatchObject({ state: { closed: { reason: 'empty' } } });
  });

  test('is counted again after a failed close, if the news of a join was lost; the node does not try twice', async () => {
    const seam = interpose(here.engines);
    const third = new RoomNode(seam, clock);
    await create({ emptyMs: 60_000 });
    await owner.do('room:leave', { roomId });
    const bob = await third.join('bob', roomId);
    await bob.do('room:leave', { roomId });
    let tries = 0;
    for (const _attempt of [1, 2, 3, 4]) {
      seam.nextCommit(async (commit, carryOut) => {
        if (commit.onlyIfEmpty) {
          tries++;
          seam.loseNews(1);
          await elsewhere.join(`guest-${tries}`, roomId);
        }
        return carryOut(commit);
      });
    }
    await clock.advance(59_000);
    await here.close();
    await clock.advance(20_000);
    expect(tries).toBe(1);
    expect(await elsewhere.engines.store.load(roomId as never)).toMatchObject({ state: { closed: null } });
    await third.close();
  });

  test('closes although the last news is older than the last count', async () => {
    const engines = createMemoryEngines(clock);
    const seam = interpose(engines);
    const alone = new RoomNode(seam, clock);
    const [host, alice] = [alone.connect('host'), alone.connect('alice')];
    await host.do('room:create', { roomId, title: 'A', emptyMs: 60_000 });
    await alice.do('room:join', { roomId });
    await alice.do('room:leave', { roomId });
    await alone.service.idle();
    // The news that Alice left comes when the room is about to be passivated; the news about the host comes after it.
    seam.loseNews(2);
    seam.afterCount(async () => engines.tables.announce(roomId as never, { kind: 'audience', count: 1 }));
    await host.do('room:leave', { roomId });
    await alone.service.idle();
    await clock.advance(61_000);
    await alone.service.idle();
    expect(await engines.store.load(roomId as never)).toMatchObject({ state: { closed: { reason: 'empty' } } });
    await alone.close();
  });

  test('waits for its owner when it is new, even with emptyMs 0', async () => {
    expect(await create({ emptyMs: 0 })).toMatchObject({ you: { role: 'owner' } });
    await clock.advance(1_000);
    expect(await owner.refusal('seat:take', { roomId })).toBeNull();
    await owner.do('room:leave', { roomId });
    await clock.advance(1_000);
    await idle();
    expect(await owner.refusal('room:join', { roomId })).toBe('ROOM_CLOSED');
  });
});

describe('[ROOM-5] attributes', () => {
  test('are in every snapshot and every update; the last writer wins', async () => {
    await create({ attributes: { theme: 'blue' } });
    const alice = await elsewhere.join('alice', roomId);
    expect((await roomNow(alice))?.attributes).toEqual({ theme: 'blue' });
    expect(await alice.refusal('room:attributes', { roomId, set: { theme: 'red' } })).toBe('FORBIDDEN');
    const { version } = await owner.do('room:attributes', { roomId, set: { theme: 'red', bgm: '1' } });
    expect((await owner.do('room:attributes', { roomId, set: { bgm: '1' }, delete: ['none'] })).version).toBe(version);
    await owner.do('room:attributes', { roomId, delete: ['bgm'] });
    await idle();
    expect(alice.stageEvents().slice(-2)).toMatchObject([
      { type: 'attributes.changed', set: { theme: 'red', bgm: '1' }, deleted: [] },
      { type: 'attributes.changed', set: {}, deleted: ['bgm'] },
    ]);
    expect((await roomNow(alice))?.attributes).toEqual({ theme: 'red' });
  });

  test('have limits for their number and their total size', async () => {
    await create();
    const many = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`k${index}`, '']));
    await owner.do('room:attributes', { roomId, set: many });
    expect(await owner.refusal('room:attributes', { roomId, set: { more: '' } })).toBe('PAYLOAD_TOO_LARGE');
    await owner.do('room:attributes', { roomId, set: { more: '' }, delete: ['k0'] });
    // Three bytes a character in UTF-8.
    const wide = { k1: '麦'.repeat(2_700) };
    expect(await owner.refusal('room:attributes', { roomId, set: { ...wide } })).toBeNull();
    expect(await owner.refusal('room:attributes', { roomId, set: { k2: 'x'.repeat(100) } })).toBe('PAYLOAD_TOO_LARGE');
  });
});

describe('[ROOM-2] passwords', () => {
  test('lock a user out of that room after five wrong ones: for 30 minutes, on every node, for every password', async () => {
    await create({ password: 'right' });
    const alice = here.connect('alice');
    for (let attempt = 0; attempt < 4; attempt++) {
      expect(await alice.refusal('room:join', { roomId, password: 'wrong' })).toBe('WRONG_PASSWORD');
    }
    expect(await alice.refusal('room:join', { roomId })).toBe('WRONG_PASSWORD');
    const again = elsewhere.connect('alice');
    expect(await again.refusal('room:join', { roomId, password: 'wrong' })).toBe('WRONG_PASSWORD');
    expect(await again.try('room:join', { roomId, password: 'right' })).toEqual({
      ok: false,
      rejection: { code: 'RATE_LIMITED', retryAfterMs: 30 * 60_000 },
    });
    expect(await here.connect('bob').refusal('room:join', { roomId, password: 'right' })).toBeNull();
    await clock.advance(30 * 60_000);
    expect(await alice.refusal('room:join', { roomId, password: 'right' })).toBeNull();
  });

  test('are counted from zero after a right one, and members need none', async () => {
    await create({ password: 'right' });
    const alice = here.connect('alice');
    for (let round = 0; round < 2; round++) {
      for (let attempt = 0; attempt < 4; attempt++) await alice.refusal('room:join', { roomId, password: 'wrong' });
      expect(await alice.refusal('room:join', { roomId, password: 'right' })).toBeNull();
      expect(await alice.refusal('room:join', { roomId, password: 'wrong' })).toBeNull();
      await alice.do('room:leave', { roomId });
    }
  });
});

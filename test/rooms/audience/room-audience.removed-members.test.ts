// A user who is no longer a member gets nothing more, in whatever order the end and the news in flight arrive.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { aGate } from '../../support/gate.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';
import { roomId as asRoomId, userId } from '../../support/stored-room.ts';

let clock: ManualClock;
let engines: Engines;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;
const roomId = 'r1';

beforeEach(() => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  seam = interpose(engines);
  here = new RoomNode(seam, clock);
  there = new RoomNode(engines, clock);
  owner = there.connect('owner');
});
afterEach(() => Promise.all([here.close(), there.close()]));

const create = (more: object = {}) => owner.do('room:create', { roomId, title: 'A', seatMode: 'free', ...more });
const idle = async () => {
  await here.service.idle();
  await there.service.idle();
};
const stored = async () => (await engines.store.load(asRoomId(roomId)))?.state;

/** Whether that person gets a message that is sent to the room now. */
async function getsMessages(person: Person): Promise<boolean> {
  await idle();
  const before = person.payloadsOf('room:messages').length;
  await owner.do('message:send', { roomId, kind: 'chat', body: { text: 'secret' } });
  await idle();
  return person.payloadsOf('room:messages').length > before;
}

describe('joining again on the same connection', () => {
  test('[PRES-6] banned meanwhile: the member is told so, and gets nothing more', async () => {
    await create();
    const alice = await here.join('alice', roomId);
    seam.beforeWelcome(() => owner.do('member:ban', { roomId, userId: 'alice' }));
    expect(await alice.refusal('room:join', { roomId })).toBe('NOT_A_MEMBER');
    expect(alice.payloadsOf('room:left')).toEqual([{ roomId, reason: 'banned', by: 'owner' }]);
    expect(await getsMessages(alice)).toBe(false);
    expect(await alice.refusal('room:members', { roomId })).toBe('NOT_A_MEMBER');
  });

  test('[PRES-4] taken over by another device meanwhile: the first one gets nothing more', async () => {
    await create();
    const alice = await here.join('alice', roomId);
    seam.beforeWelcome(() => there.join('alice', roomId));
    expect(await alice.refusal('room:join', { roomId })).toBe('NOT_A_MEMBER');
    expect(await getsMessages(alice)).toBe(false);
  });

  test('[ACK-3] the join fails at its last step: the older session ends, too, and the grace begins', async () => {
    await create();
    const alice = await here.join('alice', roomId);
    // The members must be read again, and the read fails.
    seam.afterSample(() => Promise.reject(new StoreUnavailableError('away')));
    seam.interruptFeed();
    await idle();
    seam.afterSample(() => Promise.reject(new OutcomeUnknownError('lost')));
    expect(await alice.refusal('room:join', { roomId })).toBe('OUTCOME_UNKNOWN');
    expect(alice.payloadsOf('room:left')).toMatchObject([{ reason: 'disconnected' }]);
    expect(await getsMessages(alice)).toBe(false);
    expect(await alice.refusal('room:join', { roomId })).toBeNull();
  });
});

test('[PRES-6] kicked while the node was too far behind to follow: the member is removed there as well', async () => {
  await create();
  const alice = await here.join('alice', roomId);
  const bob = await here.join('bob', roomId);
  await idle();
  seam.loseNews(10_000);
  await owner.do('member:kick', { roomId, userId: 'alice' });
  for (let index = 0; index < 66; index++) await owner.do('room:update', { roomId, title: `T${index}` });
  await idle();
  seam.loseNews(0);
  await bob.do('seat:take', { roomId, seat: 3 });
  await idle();
  await clock.advance(1_000);
  expect(alice.payloadsOf('room:left')).toMatchObject([{ roomId }]);
  expect(await getsMessages(alice)).toBe(false);
  expect(await getsMessages(bob)).toBe(true);
});

test('[CONN-13] revoked while the return to a seat is on its way: no new grace begins', async () => {
  await create({ graceMs: 300_000 });
  const alice = await here.join('alice', roomId);
  await alice.do('seat:take', { roomId, seat: 3 });
  await alice.disconnect();
  await idle();
  await clock.advance(2_000);
  const again = here.connect('alice');
  const at = clock.now();
  const gate = aGate();
  seam.beforeJoin(() => clock.advance(5));
  seam.beforeWelcome(() => gate.opened);
  const joining = again.try('room:join', { roomId });
  await runMicrotasks();
  const sessions = new Set([again.caller.sessionId]);
  await here.service.revoke({ userId: userId('alice'), sessions, at });
  await again.disconnect();
  gate.open();
  void joining;
  await runMicrotasks();
  await idle();
  expect((await stored())?.seats[3]?.occupant).toBeNull();
});

test('[ROOM-7] ownership passes and the new owner leaves, in one turn: an admin becomes the owner', async () => {
  await create({ ownerAbsent: 'promote' });
  const [, bob, cat] = [await here.join('ada', roomId), await here.join('bob', roomId), await here.join('cat', roomId)];
  const host = await here.join('owner', roomId);
  await host.do('admin:add', { roomId, userId: 'ada' });
  await cat.do('seat:take', { roomId, seat: 4 });
  await bob.do('seat:take', { roomId, seat: 5 });
  const gate = aGate();
  seam.beforeCommit(() => gate.opened);
  const busy = cat.try('mic:set', { roomId, on: false });
  await runMicrotasks();
  const transferring = host.try('owner:transfer', { roomId, userId: 'bob' });
  await runMicrotasks();
  const leaving = bob.try('room:leave', { roomId });
  await runMicrotasks();
  gate.open();
  await Promise.all([busy, transferring, leaving]);
  await idle();
  expect((await stored())?.roles.ownerId).toBe('ada');
});

test('[ROOM-8] a node that has passivated a room announces the present number of members', async () => {
  await create();
  await there.join('keeper', roomId);
  const alice = await here.join('alice', roomId);
  await idle();
  await clock.advance(5_000);
  await owner.do('room:update', { roomId, title: 'B' });
  await clock.advance(250);
  await alice.do('room:leave', { roomId });
  await runMicrotasks();
  await clock.advance(100);
  await there.join('bob', roomId);
  await clock.advance(3_000);
  const { rooms } = await engines.directory.list({ sort: 'new', category: null, cursor: null, limit: 10 });
  expect(rooms[0]?.audienceCount).toBe(await engines.presence.count(asRoomId(roomId)));
});

test('[ROOM-2] a password is checked only if it would let the user in', async () => {
  await create({ password: 'right', capacity: 1 });
  const alice = here.connect('alice');
  for (let attempt = 0; attempt < 8; attempt++) {
    expect(await alice.refusal('room:join', { roomId, password: 'wrong' })).toBe('ROOM_FULL');
  }
  await owner.do('member:ban', { roomId, userId: 'alice' });
  expect(await alice.refusal('room:join', { roomId, password: 'wrong' })).toBe('BANNED');
  await owner.do('room:update', { roomId, capacity: 9 });
  await owner.do('member:unban', { roomId, userId: 'alice' });
  // None of the refusals above counted as an attempt.
  expect(await alice.refusal('room:join', { roomId, password: 'right' })).toBeNull();
});

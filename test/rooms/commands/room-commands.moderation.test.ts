// Kicks, bans and silences on two nodes with one store (PRES-6), and the seats, roles and grants that end with them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import { interpose } from '../../support/interposed.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';

const clock = new ManualClock();
let nodes: RoomNode[];
let here: RoomNode;
let elsewhere: RoomNode;
let engines: ReturnType<typeof interpose>;
let owner: Person;
const roomId = 'r1';

beforeEach(async () => {
  const shared = createMemoryEngines(clock);
  engines = interpose(shared);
  here = new RoomNode(shared, clock);
  elsewhere = new RoomNode(engines, clock);
  nodes = [here, elsewhere];
  owner = here.connect('owner');
  await owner.do('room:create', { roomId, title: 'A', seatMode: 'free' });
});
afterEach(() => Promise.all(nodes.map((node) => node.close())));

const idle = () => Promise.all(nodes.map((node) => node.service.idle()));

describe('kicking', () => {
  test('[PRES-6] ends seat and membership in one version, on any node, with a farewell', async () => {
    const alice = await elsewhere.join('alice', roomId);
    await alice.do('seat:take', { roomId, seat: 3 });
    const { version } = await owner.do('member:kick', { roomId, userId: 'alice' });
    await idle();
    expect(alice.payloadsOf('room:left')).toEqual([{ roomId, reason: 'kicked', by: 'owner' }]);
    expect(await alice.refusal('seat:leave', { roomId })).toBe('NOT_A_MEMBER');
    const last = owner.payloadsOf('room:events').at(-1)?.updates.at(-1);
    expect(last?.version).toBe(version);
    expect(last?.events.map(({ type }) => type)).toEqual(['member.kicked', 'seat.left']);
    expect(owner.payloadsOf('room:audience').at(-1)).toMatchObject({ count: 1, left: [{ userId: 'alice' }] });
    expect(await alice.refusal('room:join', { roomId })).toBeNull();
  });

  test('[PRES-6][RTC-3] a kicked speaker gets no further grant', async () => {
    const alice = await elsewhere.join('alice', roomId);
    await alice.do('seat:take', { roomId, seat: 3 });
    const before = alice.payloadsOf('rtc:grant').length;
    await owner.do('member:kick', { roomId, userId: 'alice' });
    await idle();
    expect(await alice.refusal('rtc:renew', { roomId })).toBe('NOT_A_MEMBER');
    expect(alice.payloadsOf('rtc:grant')).toHaveLength(before);
  });

  test('[PRES-6] a listener can be kicked; an absent user cannot', async () => {
    const alice = await elsewhere.join('alice', roomId);
    await owner.do('member:kick', { roomId, userId: 'alice' });
    await idle();
    expect(alice.payloadsOf('room:left')).toHaveLength(1);
    expect(await owner.refusal('member:kick', { roomId, userId: 'alice' })).toBe('TARGET_NOT_FOUND');
  });

  test('[PRES-6] with banMs the user is banned for that time', async () => {
    const alice = await elsewhere.join('alice', roomId);
    await owner.do('member:kick', { roomId, userId: 'alice', banMs: 60_000 });
    const until = clock.now() + 60_000;
    await idle();
    expect(alice.payloadsOf('room:left')).toEqual([{ roomId, reason: 'kicked', by: 'owner', until }]);
    expect(await alice.try('room:join', { roomId })).toEqual({
      ok: false,
      rejection: { code: 'BANNED', details: { until } },
    });
    await clock.advance(60_000);
    expect(await alice.refusal('room:join', { roomId })).toBeNull();
  });

  test('[PRES-6] a user that is kicked during the join is not in the room', async () => {
    const alice = elsewhere.connect('alice');
    engines.beforeWelcome(async () => void (await owner.do('member:kick', { roomId, userId: 'alice' })));
    expect(await alice.try('room:join', { roomId })).toEqual({
      ok: false,
      rejection: { code: 'NOT_A_MEMBER', details: { reason: 'kicked' } },
    });
    expect(await alice.refusal('seat:take', { roomId })).toBe('NOT_A_MEMBER');
  });
});

describe('banning', () => {
  test('[PRES-6] works on present and absent users, until it is lifted', async () => {
    const alice = await elsewhere.join('alice', roomId);
    await owner.do('member:ban', { roomId, userId: 'alice' });
    await owner.do('member:ban', { roomId, userId: 'bob', forMs: 60_000 });
    await idle();
    expect(alice.payloadsOf('room:left')).toEqual([{ roomId, reason: 'banned', by: 'owner' }]);
    const bob = elsewhere.connect('bob');
    expect(await bob.refusal('room:join', { roomId })).toBe('BANNED');
    expect(await owner.do('ban:list', { roomId })).toEqual({
      bans: [
        { userId: 'alice', by: 'owner', at: clock.now(), until: null },
        { userId: 'bob', by: 'owner', at: clock.now(), until: clock.now() + 60_000 },
      ],
      cursor: null,
    });
    const { version } = await owner.do('member:unban', { roomId, userId: 'alice' });
    expect(await owner.do('member:unban', { roomId, userId: 'alice' })).toEqual({ version });
    expect(await alice.refusal('room:join', { roomId })).toBeNull();
    await clock.advance(60_000);
    expect(await bob.refusal('room:join', { roomId })).toBeNull();
    expect(await owner.do('ban:list', { roomId })).toEqual({ bans: [], cursor: null });
  });

  test('[PRES-6] a user that joins during the ban is removed', async () => {
    const bob = here.connect('bob');
    const admin = await elsewhere.join('ada', roomId);
    await owner.do('admin:add', { roomId, userId: 'ada' });
    await idle();
    engines.beforeCommit(async () => void (await bob.do('room:join', { roomId })));
    await admin.do('member:ban', { roomId, userId: 'bob' });
    await idle();
    expect(bob.payloadsOf('room:left')).toEqual([{ roomId, reason: 'banned', by: 'ada' }]);
    expect(await bob.refusal('room:join', { roomId })).toBe('BANNED');
  });

  test('[PRES-6] ban and unban in one turn leave no ban', async () => {
    const [first, second] = await Promise.all([
      owner.try('member:ban', { roomId, userId: 'bob' }),
      owner.try('member:unban', { roomId, userId: 'bob' }),
    ]);
    expect([first.ok, second.ok]).toEqual([true, true]);
    expect(await here.connect('bob').refusal('room:join', { roomId })).toBeNull();
  });

  test('[PRES-6] a banned admin loses the role', async () => {
    const ada = await elsewhere.join('ada', roomId);
    await owner.do('admin:add', { roomId, userId: 'ada' });
    await owner.do('member:kick', { roomId, userId: 'ada', banMs: 1_000 });
    await clock.advance(1_000);
    expect(await ada.do('room:join', { roomId })).toMatchObject({ you: { role: 'member' } });
  });

  test('[PRES-6] only staff can list bans, page by page', async () => {
    for (const user of ['b1', 'b2', 'b3']) await owner.do('member:ban', { roomId, userId: user });
    const alice = await elsewhere.join('alice', roomId);
    expect(await alice.refusal('ban:list', { roomId })).toBe('FORBIDDEN');
    const first = await owner.do('ban:list', { roomId, limit: 2 });
    expect([first.bans.map(({ userId }) => userId), first.cursor]).toEqual([['b1', 'b2'], 'b2']);
    const rest = await owner.do('ban:list', { roomId, limit: 2, cursor: 'b2' });
    expect([rest.bans.map(({ userId }) => userId), rest.cursor]).toEqual([['b3'], null]);
  });
});

test('[PRES-6] a silence outlasts leaving, and the store knows it', async () => {
  const alice = await elsewhere.join('alice', roomId);
  await owner.do('member:silence', { roomId, userId: 'alice', forMs: 60_000 });
  await alice.do('room:leave', { roomId });
  await alice.do('room:join', { roomId });
  const found = await engines.sanctions.find('r1' as never, ['alice' as never]);
  expect([...found.silenced]).toEqual(['alice']);
  const { version } = await owner.do('member:unsilence', { roomId, userId: 'alice' });
  expect((await owner.do('member:unsilence', { roomId, userId: 'alice' })).version).toBe(version);
  expect((await engines.sanctions.find('r1' as never, ['alice' as never])).silenced.size).toBe(0);
});

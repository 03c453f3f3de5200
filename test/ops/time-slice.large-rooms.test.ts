// Work for all members of a very large room is done in time slices. Between two slices no member is skipped, gets an
// event twice, or gets an event that is no longer true (MSG-7).
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BACKLOG_STAGE_ONLY_BYTES } from '../../src/delivery/slow-consumers.ts';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { forEachInSlices } from '../../src/ops/time-slice.ts';
import { LocalMembers } from '../../src/rooms/contract/local-members.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';
import { type Person, RoomNode } from '../support/room-node.ts';
import { roomId as asRoomId } from '../support/stored-room.ts';

/**
 * While busy, each reading of the clock moves it by more than one time slice. The node's lease lasts for hundreds of
 * readings.
 */
class BusyClock extends ManualClock {
  isBusy = false;
  #readings = 0;
  override monotonic(): number {
    if (this.isBusy) this.#readings++;
    return super.monotonic() + this.#readings * 5.5;
  }
}

const roomId = 'r1';
const CROWD = 300;

let busy: BusyClock;
let engines: Engines;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;
let crowd: Person[];

beforeEach(async () => {
  const clock = new ManualClock();
  engines = createMemoryEngines(clock);
  seam = interpose(engines);
  busy = new BusyClock();
  here = new RoomNode(seam, busy);
  there = new RoomNode(engines, clock);
  owner = there.connect('owner');
  await owner.do('room:create', { roomId, title: 'A', seatMode: 'free' });
  crowd = await Promise.all(Array.from({ length: CROWD }, (_, index) => here.join(`guest-${index}`, roomId)));
  busy.isBusy = true;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([here.close(), there.close()]);
});

const reached = (event: 'room:left' | 'room:snapshot') =>
  crowd.filter((one) => one.payloadsOf(event).length > 0).length;

/** How many turns of the event loop it takes until the condition holds. */
async function turnsUntil(condition: () => boolean): Promise<number> {
  for (let turns = 0; turns < 10_000; turns++) {
    if (condition()) return turns;
    await runMicrotasks();
  }
  throw new Error('the condition never held');
}

describe('a time slice', () => {
  test('[MSG-7] ends when its time is over; the first one is done before the call returns', async () => {
    const done: number[] = [];
    const items = Array.from({ length: 100 }, (_, index) => index);
    const clock = new BusyClock();
    clock.isBusy = true;
    const all = forEachInSlices(items, clock, (item) => done.push(item));
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(items.length);
    await all;
    expect(done).toEqual(items);
  });

  test('[MSG-7] few items need only one slice', () => {
    const done: number[] = [];
    void forEachInSlices([1, 2, 3], new ManualClock(), (item) => done.push(item));
    expect(done).toEqual([1, 2, 3]);
  });
});

describe('in a large room', () => {
  test('[ROOM-6][MSG-7] closing removes each member once, and then the room is passivated', async () => {
    await owner.do('room:close', { roomId });
    await turnsUntil(() => reached('room:left') > 0);
    expect(reached('room:left')).toBeLessThan(CROWD);
    // A member without their room:left yet cannot do anything in the room any more.
    const last = crowd.at(-1) as Person;
    const tooLate = last.refusal('seat:take', { roomId, seat: 1 });
    expect(await turnsUntil(() => reached('room:left') === CROWD)).toBeGreaterThan(1);
    for (const one of crowd) {
      expect(one.payloadsOf('room:left')).toEqual([{ roomId, reason: 'roomClosed', by: 'owner' }]);
    }
    expect(['ROOM_CLOSED', 'NOT_A_MEMBER']).toContain(await tooLate);
    await turnsUntil(() => here.service.liveRoomCount === 0);
  });

  test('[ROOM-6][RTC-3] a member who is removed in a later slice gets no grant for the lost seat', async () => {
    const last = crowd.at(-1) as Person;
    await last.do('seat:take', { roomId, seat: 1 });
    await here.service.idle();
    const granted = last.payloadsOf('rtc:grant').length;
    expect(granted).toBeGreaterThan(0);
    await owner.do('room:close', { roomId });
    await turnsUntil(() => reached('room:left') === CROWD);
    expect(last.payloadsOf('rtc:grant').length).toBe(granted);
  });

  test('[ROOM-6] after a close whose news was lost, no member gets another snapshot', async () => {
    seam.loseNews(10_000);
    for (let index = 0; index < 66; index++) await owner.do('room:update', { roomId, title: `T${index}` });
    await owner.do('room:close', { roomId });
    seam.loseNews(0);
    expect(await (crowd[0] as Person).refusal('seat:take', { roomId, seat: 1 })).not.toBeNull();
    await turnsUntil(() => reached('room:left') === CROWD);
    await here.service.idle();
    expect(reached('room:snapshot')).toBe(0);
    for (const one of crowd) {
      expect(one.payloadsOf('room:left')).toEqual([{ roomId, reason: 'roomClosed', by: 'owner' }]);
    }
  });

  test('[SYNC-2][MSG-7] when snapshots are due, each member gets one, and later changes follow it', async () => {
    seam.loseNews(10_000);
    for (let index = 0; index < 66; index++) await owner.do('room:update', { roomId, title: `T${index}` });
    seam.loseNews(0);
    // The node has missed too many commits to catch up: its answer to this command brings a snapshot of the room.
    expect(await (crowd[0] as Person).refusal('seat:take', { roomId, seat: 1 })).toBeNull();
    await turnsUntil(() => reached('room:snapshot') > 0);
    expect(reached('room:snapshot')).toBeLessThan(CROWD);
    await owner.do('room:update', { roomId, title: 'Meanwhile' });
    await turnsUntil(() => reached('room:snapshot') === CROWD);
    await here.service.idle();
    for (const one of crowd) {
      const [snapshot, more] = one.payloadsOf('room:snapshot');
      expect(more).toBeUndefined();
      const updates = one.payloadsOf('room:events').flatMap((packet) => packet.updates);
      const title = snapshot?.room.title === 'Meanwhile' ? 'Meanwhile' : updates.at(-1)?.events.at(-1);
      expect(title).toSatisfy((known) => JSON.stringify(known).includes('Meanwhile'));
    }
  });

  test('[PRES-4][MSG-7] after a gap members are looked up 500 at a time, and a removed one gets room:left', async () => {
    const more = Array.from({ length: 400 }, (_, index) => here.join(`late-${index}`, roomId));
    crowd.push(...(await Promise.all(more)));
    const [removed, stays] = [crowd[10] as Person, crowd[650] as Person];
    const find = vi.spyOn(engines.presence, 'find');
    seam.loseNews(1);
    const record = (await engines.presence.find(asRoomId(roomId), [removed.caller.userId])).get(removed.caller.userId);
    await engines.presence.leave(asRoomId(roomId), { userId: removed.caller.userId, fence: record?.fence ?? 0 });
    find.mockClear();
    seam.interruptFeed();
    await turnsUntil(() => removed.payloadsOf('room:left').length > 0 && find.mock.calls.length > 1);
    await here.service.idle();
    expect(find.mock.calls.map(([, userIds]) => userIds.length)).toEqual([500, 200]);
    expect(removed.payloadsOf('room:left')).toEqual([{ roomId, reason: 'disconnected' }]);
    expect(stays.payloadsOf('room:left')).toEqual([]);
  });

  test('[MSG-2][MSG-7] slow consumers that catch up together cost one pass over the members', async () => {
    const slow = crowd.slice(0, 50);
    for (const { connection } of slow) Object.assign(connection, { backlogBytes: BACKLOG_STAGE_ONLY_BYTES + 1 });
    const send = (text: string) => owner.do('message:send', { roomId, kind: 'chat', body: { text } });
    const received = (count: number) => () => crowd.at(-1)?.payloadsOf('room:messages').length === count;
    await send('skipped');
    await here.service.idle();
    await turnsUntil(received(1));
    for (const { connection } of slow) Object.assign(connection, { backlogBytes: 0 });
    const all = vi.spyOn(LocalMembers.prototype, 'all');
    await busy.advance(1_000);
    await turnsUntil(() => reached('room:snapshot') === slow.length);
    expect(all.mock.calls.length).toBe(1);
    expect(slow.map((one) => one.payloadsOf('room:snapshot').length)).toEqual(slow.map(() => 1));
  });
});

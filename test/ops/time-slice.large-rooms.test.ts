// What concerns everybody in a very large room at once is done a stretch at a time, so that others have their turn; in
// between nobody is told twice, left out, or told what is over (MSG-7).
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BACKLOG_STAGE_ONLY_BYTES } from '../../src/delivery/slow-consumers.ts';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { forEachInSlices } from '../../src/ops/time-slice.ts';
import { LocalMembers } from '../../src/rooms/contract/local-members.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import { ManualClock, settleMicrotasks } from '../support/manual-clock.ts';
import { type Person, RoomNode } from '../support/room-node.ts';
import { roomId as asRoomId } from '../support/stored-room.ts';

/**
 * Work takes its time once everybody is in: each look at the clock finds it later than a stretch is long. The node's
 * lease is as long as some hundreds of looks.
 */
class BusyClock extends ManualClock {
  isBusy = false;
  #looks = 0;
  override monotonic(): number {
    if (this.isBusy) this.#looks++;
    return super.monotonic() + this.#looks * 5.5;
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

const toldOf = (event: 'room:left' | 'room:snapshot') => crowd.filter((one) => one.heardOf(event).length > 0).length;

/** Turns of the event loop until it holds. */
async function turnsUntil(isSo: () => boolean): Promise<number> {
  for (let turns = 0; turns < 10_000; turns++) {
    if (isSo()) return turns;
    await settleMicrotasks();
  }
  throw new Error('it never came to pass');
}

describe('a stretch', () => {
  test('[MSG-7] ends when its time is over; the first one is over before anything else happens', async () => {
    const done: number[] = [];
    const items = Array.from({ length: 100 }, (_, index) => index);
    const clock = new BusyClock();
    clock.isBusy = true;
    const all = forEachInSlices(items, clock, { act: (item) => done.push(item) });
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(items.length);
    await all;
    expect(done).toEqual(items);
  });

  test('[MSG-7] for a few there is only one', () => {
    const done: number[] = [];
    void forEachInSlices([1, 2, 3], new ManualClock(), { act: (item) => done.push(item) });
    expect(done).toEqual([1, 2, 3]);
  });
});

describe('in a room of many', () => {
  test('[ROOM-6][MSG-7] when it is closed, all are put out, each once, and then it is let go', async () => {
    await owner.do('room:close', { roomId });
    await turnsUntil(() => toldOf('room:left') > 0);
    expect(toldOf('room:left')).toBeLessThan(CROWD);
    // Who has not been told yet is in no room any more.
    const last = crowd.at(-1) as Person;
    const tooLate = last.refusal('seat:take', { roomId, seat: 1 });
    expect(await turnsUntil(() => toldOf('room:left') === CROWD)).toBeGreaterThan(1);
    for (const one of crowd) {
      expect(one.heardOf('room:left')).toEqual([{ roomId, reason: 'roomClosed', by: 'owner' }]);
    }
    expect(['ROOM_CLOSED', 'NOT_A_MEMBER']).toContain(await tooLate);
    await turnsUntil(() => here.service.liveRoomCount === 0);
  });

  test('[ROOM-6][RTC-3] who is put out a little later is owed no grant for the seat that is no more', async () => {
    const last = crowd.at(-1) as Person;
    await last.do('seat:take', { roomId, seat: 1 });
    await here.service.idle();
    const granted = last.heardOf('rtc:grant').length;
    expect(granted).toBeGreaterThan(0);
    await owner.do('room:close', { roomId });
    await turnsUntil(() => toldOf('room:left') === CROWD);
    expect(last.heardOf('rtc:grant').length).toBe(granted);
  });

  test('[ROOM-6] that was closed unheard, nobody is shown once more', async () => {
    seam.loseNews(10_000);
    for (let index = 0; index < 66; index++) await owner.do('room:update', { roomId, title: `T${index}` });
    await owner.do('room:close', { roomId });
    seam.loseNews(0);
    expect(await (crowd[0] as Person).refusal('seat:take', { roomId, seat: 1 })).not.toBeNull();
    await turnsUntil(() => toldOf('room:left') === CROWD);
    await here.service.idle();
    expect(toldOf('room:snapshot')).toBe(0);
    for (const one of crowd) {
      expect(one.heardOf('room:left')).toEqual([{ roomId, reason: 'roomClosed', by: 'owner' }]);
    }
  });

  test('[SYNC-2][MSG-7] when it must be shown anew, each is shown it once, and what happens meanwhile follows', async () => {
    seam.loseNews(10_000);
    for (let index = 0; index < 66; index++) await owner.do('room:update', { roomId, title: `T${index}` });
    seam.loseNews(0);
    // Too far behind to follow: what he is answered brings the whole room.
    expect(await (crowd[0] as Person).refusal('seat:take', { roomId, seat: 1 })).toBeNull();
    await turnsUntil(() => toldOf('room:snapshot') > 0);
    expect(toldOf('room:snapshot')).toBeLessThan(CROWD);
    await owner.do('room:update', { roomId, title: 'Meanwhile' });
    await turnsUntil(() => toldOf('room:snapshot') === CROWD);
    await here.service.idle();
    for (const one of crowd) {
      const [shown, more] = one.heardOf('room:snapshot');
      expect(more).toBeUndefined();
      const updates = one.heardOf('room:events').flatMap((packet) => packet.updates);
      const title = shown?.room.title === 'Meanwhile' ? 'Meanwhile' : updates.at(-1)?.events.at(-1);
      expect(title).toSatisfy((known) => JSON.stringify(known).includes('Meanwhile'));
    }
  });

  test('[PRES-4][MSG-7] after a gap they are looked up some hundreds at a time, and who is gone is told so', async () => {
    const more = Array.from({ length: 400 }, (_, index) => here.join(`late-${index}`, roomId));
    crowd.push(...(await Promise.all(more)));
    const [gone, stays] = [crowd[10] as Person, crowd[650] as Person];
    const find = vi.spyOn(engines.presence, 'find');
    seam.loseNews(1);
    const record = (await engines.presence.find(asRoomId(roomId), [gone.caller.userId])).get(gone.caller.userId);
    await engines.presence.leave(asRoomId(roomId), { userId: gone.caller.userId, fence: record?.fence ?? 0 });
    find.mockClear();
    seam.interruptFeed();
    await turnsUntil(() => gone.heardOf('room:left').length > 0 && find.mock.calls.length > 1);
    await here.service.idle();
    expect(find.mock.calls.map(([, userIds]) => userIds.length)).toEqual([500, 200]);
    expect(gone.heardOf('room:left')).toEqual([{ roomId, reason: 'disconnected' }]);
    expect(stays.heardOf('room:left')).toEqual([]);
  });

  test('[MSG-2][MSG-7] those who catch up together are found with one look through the room', async () => {
    const slow = crowd.slice(0, 50);
    for (const { line } of slow) Object.assign(line, { backlogBytes: BACKLOG_STAGE_ONLY_BYTES + 1 });
    const say = (text: string) => owner.do('message:send', { roomId, kind: 'chat', body: { text } });
    const heard = (count: number) => () => crowd.at(-1)?.heardOf('room:messages').length === count;
    await say('left out');
    await here.service.idle();
    await turnsUntil(heard(1));
    for (const { line } of slow) Object.assign(line, { backlogBytes: 0 });
    const all = vi.spyOn(LocalMembers.prototype, 'all');
    await busy.advance(1_000);
    await turnsUntil(() => toldOf('room:snapshot') === slow.length);
    expect(all.mock.calls.length).toBe(1);
    expect(slow.map((one) => one.heardOf('room:snapshot').length)).toEqual(slow.map(() => 1));
  });
});

// What members must hear of although the feed was interrupted while it happened (SYNC-6, PRES-4); found by the simulation.
import { expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import { systemClock } from '../../../src/ops/clock.ts';
import { comings } from '../../scenes/cluster-scene.ts';
import { useScene } from '../../scenes/two-nodes.ts';
import type { Person } from '../../support/room-node.ts';

const scene = useScene(() => createMemoryEngines(systemClock));
const everything = Number.POSITIVE_INFINITY;

test('[PRES-4] whoever was replaced, and then left elsewhere, hears that he was replaced', async () => {
  const { seam, there, alice, id } = scene();
  await alice.do('seat:take', { roomId: id, seat: 3 });
  seam.loseNews(everything);
  const elsewhere = await there.join('alice', id);
  await elsewhere.do('room:leave', { roomId: id });
  seam.loseNews(0);
  seam.interruptFeed();
  await expect.poll(() => alice.heardOf('room:left')).toEqual([{ roomId: id, reason: 'replaced' }]);
});

test('[SYNC-6] who came and who went unheard is told behind the gap', async () => {
  const { seam, there, alice, id } = scene();
  const carol = await there.join('carol', id);
  await expect.poll(() => alice.heardOf('room:audience').at(-1)?.count).toBe(3);
  seam.loseNews(everything);
  await there.join('dave', id);
  await carol.do('room:leave', { roomId: id });
  seam.loseNews(0);
  const before = alice.heardOf('room:audience').length;
  seam.interruptFeed();
  await expect
    .poll(() => alice.heardOf('room:audience').slice(before))
    .toMatchObject([{ count: 3, joined: [{ userId: 'dave' }], left: [{ userId: 'carol' }] }]);
});

test('[SYNC-6] a gap in which nobody came or went is not told of', async () => {
  const { seam, alice, owner, id } = scene();
  const before = alice.heardOf('room:audience').length;
  seam.interruptFeed();
  // What comes behind it shows that the gap has been dealt with.
  await owner.do('message:send', { roomId: id, kind: 'chat', body: { text: 'hello' } });
  await expect.poll(() => alice.heardOf('room:messages').length).toBe(1);
  expect(alice.heardOf('room:audience').slice(before)).toEqual([]);
});

test('[SYNC-6] who went by news that come late, and whose coming again is lost, is there for those behind the gap', async () => {
  const { seam, here, there, alice, owner, id } = scene();
  const carol = await there.join('carol', id);
  await expect.poll(() => alice.heardOf('room:audience').at(-1)?.count).toBe(3);
  const arrive = seam.holdNews();
  await carol.do('room:leave', { roomId: id });
  await nextMoment();
  seam.loseNews(1);
  await there.join('carol', id);
  // What is read now knows her new session already, of which nobody here was told.
  seam.interruptFeed();
  await here.join('bob', id);
  await expect.poll(() => comings(alice).filter((text) => text === '+carol').length).toBe(2);
  arrive();
  seam.interruptFeed();
  await owner.do('message:send', { roomId: id, kind: 'chat', body: { text: 'hello' } });
  await expect.poll(() => alice.heardOf('room:messages').length).toBe(1);
  expect(isThere(alice, 'carol')).toBe(true);
  expect(alice.heardOf('room:audience').at(-1)).toMatchObject({ count: 4 });
});

test('[SYNC-6] who went and came again unheard is named behind the gap: who came in between was shown a room without her', async () => {
  const { seam, here, there, alice, id } = scene();
  const carol = await there.join('carol', id);
  await expect.poll(() => alice.heardOf('room:audience').at(-1)?.count).toBe(3);
  seam.loseNews(everything);
  await carol.do('room:leave', { roomId: id });
  await there.join('dave', id);
  await there.join('erin', id);
  // More are there than this node can name: it reads all anew, though no gap is known of yet.
  const bob = here.connect('bob');
  const answer = await bob.do('room:join', { roomId: id });
  const shown = 'room' in answer ? answer.room.audience.members.map(({ userId }) => userId as string) : [];
  expect(shown).not.toContain('carol');
  await nextMoment();
  await there.join('carol', id);
  seam.loseNews(0);
  seam.interruptFeed();
  await expect.poll(() => isThere(bob, 'carol')).toBe(true);
  expect(isThere(alice, 'carol')).toBe(true);
});

test('[PRES-3] a gap is told as one: seats that were taken and left in it are heard of in one piece', async () => {
  const { seam, alice, owner, id } = scene();
  seam.loseNews(everything);
  for (const seat of [1, 2, 3]) {
    await owner.do('seat:take', { roomId: id, seat });
    await owner.do('seat:leave', { roomId: id });
  }
  seam.loseNews(0);
  const before = alice.heardOf('room:events').length;
  seam.interruptFeed();
  await expect.poll(() => alice.heardOf('room:events').length).toBeGreaterThan(before);
  const [{ updates } = { updates: [] }, ...more] = alice.heardOf('room:events').slice(before);
  expect(updates.flatMap(({ events }) => events.map(({ type }) => type))).toEqual(
    [1, 2, 3].flatMap(() => ['seat.taken', 'seat.left']),
  );
  expect(more).toEqual([]);
});

/** Alice asks for a seat, and is given one without her node's hearing of it. */
async function seatedUnheard() {
  const { seam, alice, owner, id } = scene();
  await owner.do('room:update', { roomId: id, seatMode: 'request' });
  await alice.do('request:send', { roomId: id });
  await expect.poll(() => alice.heardOf('request:update').length).toBe(1);
  seam.loseNews(everything);
  await owner.do('request:accept', { roomId: id, userId: 'alice' });
  return { seam, alice, owner, id };
}

test('[RTC-3][REQ-4] behind a gap, own affairs come after all of it, and nobody is granted what is over by now', async () => {
  const { seam, alice, owner, id } = await seatedUnheard();
  await owner.do('seat:kick', { roomId: id, userId: 'alice' });
  await owner.do('room:attributes', { roomId: id, set: { topic: 'later' } });
  seam.loseNews(0);
  const before = alice.heard.length;
  seam.interruptFeed();
  await expect.poll(() => alice.heardOf('request:update').at(-1)?.status).toBe('accepted');
  const heard = alice.heard.slice(before).map(({ event }) => event);
  expect(heard).toEqual(['room:events', 'request:update']);
  expect(alice.stageEvents().map(({ type }) => type)).toContain('attributes.changed');
});

test('[PRES-3][SYNC-8] who became staff in a gap hears nothing of the stage in it, and is shown the room', async () => {
  const { seam, alice, owner, id } = await seatedUnheard();
  await owner.do('admin:add', { roomId: id, userId: 'alice' });
  await owner.do('seat:kick', { roomId: id, userId: 'alice' });
  seam.loseNews(0);
  const before = alice.heard.length;
  seam.interruptFeed();
  await expect.poll(() => alice.heardOf('room:snapshot').at(-1)?.you).toMatchObject({ role: 'admin', seat: null });
  expect(alice.heard.slice(before).map(({ event }) => event)).toEqual(['request:update', 'room:snapshot']);
});

test('[PRES-3] so is what a turn finds that it has missed', async () => {
  const { seam, alice, owner, id } = scene();
  seam.loseNews(everything);
  await owner.do('seat:take', { roomId: id, seat: 1 });
  await owner.do('seat:leave', { roomId: id });
  seam.loseNews(0);
  const before = alice.heardOf('room:events').length;
  await alice.do('seat:take', { roomId: id, seat: 1 });
  const heard = alice.heardOf('room:events').slice(before);
  expect(heard.map(({ updates }) => updates.flatMap(({ events }) => events.map(({ type }) => type)))).toEqual([
    ['seat.taken', 'seat.left'],
    ['seat.taken'],
  ]);
});

test('[SYNC-1] a commit of this node reaches its members although the news of it is lost', async () => {
  const { seam, alice, id } = scene();
  seam.loseNews(1);
  await alice.do('seat:take', { roomId: id, seat: 1 });
  await expect.poll(() => alice.stageEvents().map(({ type }) => type)).toEqual(['seat.taken']);
});

/** Two memberships of one user are told apart by the moments in which they began. */
async function nextMoment(): Promise<void> {
  const now = systemClock.now();
  await expect.poll(() => systemClock.now()).toBeGreaterThan(now);
}

/** Whether that user is in the room by what this person was told since he came in himself. */
function isThere(person: Person, user: string): boolean {
  let [fence, isIn] = [0, false];
  for (const { joined = [], left = [] } of person.heardOf('room:audience')) {
    const told = [...joined.map((one) => ({ one, isIn: true })), ...left.map((one) => ({ one, isIn: false }))];
    for (const { one, isIn: isInNow } of told) {
      if (one.userId === user && one.fence >= fence) [fence, isIn] = [one.fence, isInNow];
    }
  }
  return isIn;
}

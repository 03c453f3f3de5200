// What members must be sent although the feed was interrupted when it happened (SYNC-6, PRES-4). The simulation found
// these cases.
import { expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import { systemClock } from '../../../src/ops/clock.ts';
import { joinsAndLeaves } from '../../scenes/cluster-scene.ts';
import { useScene } from '../../scenes/two-nodes.ts';
import type { Person } from '../../support/room-node.ts';

const scene = useScene(() => createMemoryEngines(systemClock));
const everything = Number.POSITIVE_INFINITY;

test('[PRES-4] a session that was replaced by one that has left since is told that it was replaced', async () => {
  const { seam, there, alice, id } = scene();
  await alice.do('seat:take', { roomId: id, seat: 3 });
  seam.loseNews(everything);
  const elsewhere = await there.join('alice', id);
  await elsewhere.do('room:leave', { roomId: id });
  seam.loseNews(0);
  seam.interruptFeed();
  await expect.poll(() => alice.payloadsOf('room:left')).toEqual([{ roomId: id, reason: 'replaced' }]);
});

test('[SYNC-6] joins and leaves that were missed are sent after the gap', async () => {
  const { seam, there, alice, id } = scene();
  const carol = await there.join('carol', id);
  await expect.poll(() => alice.payloadsOf('room:audience').at(-1)?.count).toBe(3);
  seam.loseNews(everything);
  await there.join('dave', id);
  await carol.do('room:leave', { roomId: id });
  seam.loseNews(0);
  const before = alice.payloadsOf('room:audience').length;
  seam.interruptFeed();
  await expect
    .poll(() => alice.payloadsOf('room:audience').slice(before))
    .toMatchObject([{ count: 3, joined: [{ userId: 'dave' }], left: [{ userId: 'carol' }] }]);
});

test('[SYNC-6] nothing is sent after a gap without joins and leaves', async () => {
  const { seam, alice, owner, id } = scene();
  const before = alice.payloadsOf('room:audience').length;
  seam.interruptFeed();
  // A message behind the gap shows that the gap has been dealt with.
  await owner.do('message:send', { roomId: id, kind: 'chat', body: { text: 'hello' } });
  await expect.poll(() => alice.payloadsOf('room:messages').length).toBe(1);
  expect(alice.payloadsOf('room:audience').slice(before)).toEqual([]);
});

test('[SYNC-6] a member whose leave comes late and whose next join is lost is named after the gap', async () => {
  const { seam, here, there, alice, owner, id } = scene();
  const carol = await there.join('carol', id);
  await expect.poll(() => alice.payloadsOf('room:audience').at(-1)?.count).toBe(3);
  const releaseNews = seam.holdNews();
  await carol.do('room:leave', { roomId: id });
  await nextMoment();
  seam.loseNews(1);
  await there.join('carol', id);
  // The read knows Carol's new session already, which the feed has not announced here.
  seam.interruptFeed();
  await here.join('bob', id);
  await expect.poll(() => joinsAndLeaves(alice).filter((text) => text === '+carol').length).toBe(2);
  releaseNews();
  seam.interruptFeed();
  await owner.do('message:send', { roomId: id, kind: 'chat', body: { text: 'hello' } });
  await expect.poll(() => alice.payloadsOf('room:messages').length).toBe(1);
  expect(isListed(alice, 'carol')).toBe(true);
  expect(alice.payloadsOf('room:audience').at(-1)).toMatchObject({ count: 4 });
});

test('[SYNC-6] a member who left and came again in a gap is named after it: a snapshot in between lacked them', async () => {
  const { seam, here, there, alice, id } = scene();
  const carol = await there.join('carol', id);
  await expect.poll(() => alice.payloadsOf('room:audience').at(-1)?.count).toBe(3);
  seam.loseNews(everything);
  await carol.do('room:leave', { roomId: id });
  await there.join('dave', id);
  await there.join('erin', id);
  // The room has more members than this node can name, so it reads them again, although it knows of no gap yet.
  const bob = here.connect('bob');
  const answer = await bob.do('room:join', { roomId: id });
  const inSnapshot = 'room' in answer ? answer.room.audience.members.map(({ userId }) => userId as string) : [];
  expect(inSnapshot).not.toContain('carol');
  await nextMoment();
  await there.join('carol', id);
  seam.loseNews(0);
  seam.interruptFeed();
  await expect.poll(() => isListed(bob, 'carol')).toBe(true);
  expect(isListed(alice, 'carol')).toBe(true);
});

test('[PRES-3] missed commits come in one packet: seats that were taken and left during the gap', async () => {
  const { seam, alice, owner, id } = scene();
  seam.loseNews(everything);
  for (const seat of [1, 2, 3]) {
    await owner.do('seat:take', { roomId: id, seat });
    await owner.do('seat:leave', { roomId: id });
  }
  seam.loseNews(0);
  const before = alice.payloadsOf('room:events').length;
  seam.interruptFeed();
  await expect.poll(() => alice.payloadsOf('room:events').length).toBeGreaterThan(before);
  const [{ updates } = { updates: [] }, ...more] = alice.payloadsOf('room:events').slice(before);
  expect(updates.flatMap(({ events }) => events.map(({ type }) => type))).toEqual(
    [1, 2, 3].flatMap(() => ['seat.taken', 'seat.left']),
  );
  expect(more).toEqual([]);
});

/** Alice requests a seat and gets one, but that news does not reach the node of Alice. */
async function seatedInGap() {
  const { seam, alice, owner, id } = scene();
  await owner.do('room:update', { roomId: id, seatMode: 'request' });
  await alice.do('request:send', { roomId: id });
  await expect.poll(() => alice.payloadsOf('request:update').length).toBe(1);
  seam.loseNews(everything);
  await owner.do('request:accept', { roomId: id, userId: 'alice' });
  return { seam, alice, owner, id };
}

test('[RTC-3][REQ-4] after a gap, private events come last, and no grant is sent for a right that has ended', async () => {
  const { seam, alice, owner, id } = await seatedInGap();
  await owner.do('seat:kick', { roomId: id, userId: 'alice' });
  await owner.do('room:attributes', { roomId: id, set: { topic: 'later' } });
  seam.loseNews(0);
  const before = alice.received.length;
  seam.interruptFeed();
  await expect.poll(() => alice.payloadsOf('request:update').at(-1)?.status).toBe('accepted');
  const received = alice.received.slice(before).map(({ event }) => event);
  expect(received).toEqual(['room:events', 'request:update']);
  expect(alice.stageEvents().map(({ type }) => type)).toContain('attributes.changed');
});

test('[PRES-3][SYNC-8] a member who became staff in a gap gets a snapshot, and no update of the gap', async () => {
  const { seam, alice, owner, id } = await seatedInGap();
  await owner.do('admin:add', { roomId: id, userId: 'alice' });
  await owner.do('seat:kick', { roomId: id, userId: 'alice' });
  seam.loseNews(0);
  const before = alice.received.length;
  seam.interruptFeed();
  await expect.poll(() => alice.payloadsOf('room:snapshot').at(-1)?.you).toMatchObject({ role: 'admin', seat: null });
  expect(alice.received.slice(before).map(({ event }) => event)).toEqual(['request:update', 'room:snapshot']);
});

test('[PRES-3] the commits that a turn finds missing come in one packet, too', async () => {
  const { seam, alice, owner, id } = scene();
  seam.loseNews(everything);
  await owner.do('seat:take', { roomId: id, seat: 1 });
  await owner.do('seat:leave', { roomId: id });
  seam.loseNews(0);
  const before = alice.payloadsOf('room:events').length;
  await alice.do('seat:take', { roomId: id, seat: 1 });
  const packets = alice.payloadsOf('room:events').slice(before);
  expect(packets.map(({ updates }) => updates.flatMap(({ events }) => events.map(({ type }) => type)))).toEqual([
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

/** Resolves at a later millisecond: the moments of their beginning tell two memberships of one user apart. */
async function nextMoment(): Promise<void> {
  const now = systemClock.now();
  await expect.poll(() => systemClock.now()).toBeGreaterThan(now);
}

/** Whether that user is in the room by the audience events that this person got. */
function isListed(person: Person, user: string): boolean {
  let [fence, isIn] = [0, false];
  for (const { joined = [], left = [] } of person.payloadsOf('room:audience')) {
    const changes = [...joined.map((one) => ({ one, isIn: true })), ...left.map((one) => ({ one, isIn: false }))];
    for (const { one, isIn: isInNow } of changes) {
      if (one.userId === user && one.fence >= fence) [fence, isIn] = [one.fence, isInNow];
    }
  }
  return isIn;
}

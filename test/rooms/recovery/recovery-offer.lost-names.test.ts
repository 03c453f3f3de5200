// The store comes back empty, and no node can name some of the pinned users. A user who is not a member must not stay
// pinned.
import { beforeEach, expect, test } from 'vitest';
import { Cluster, withAliceSeated } from '../../scenes/cluster-scene.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import type { Person, RoomNode } from '../../support/room-node.ts';

/** The time that recovery takes. */
const RECOVERED_AFTER_MS = 3_000;
const GRACE_MS = 45_000;

let cluster: Cluster;
let links: [Interposed, Interposed];
/** The node that dies. */
let other: RoomNode;
let owner: Person;
let alice: Person;
let id: string;

beforeEach(async () => {
  cluster = new Cluster();
  links = [interpose(cluster.engines), interpose(cluster.engines)];
  const one = cluster.start(links[0]);
  other = cluster.start(links[1]);
  await cluster.pass(1_000);
  ({ id, owner, alice } = await withAliceSeated({ ownerOn: one, aliceOn: one }));
  await cluster.pass(500);
});

test('[SYNC-4][PRES-3] another node names the invitee of a dead node as a member, until the grace is over', async () => {
  const carol = await other.join('carol', id);
  await owner.do('invite:send', { roomId: id, userId: carol.caller.userId });
  cluster.stop(other);
  links[1].loseNews(Number.POSITIVE_INFINITY);
  cluster.engines.tables.failOver();
  links[0].interruptFeed();
  await cluster.pass(RECOVERED_AFTER_MS);
  expect(await cluster.members(id)).toContain('carol');
  await cluster.pass(GRACE_MS + 10_000);
  expect(await cluster.members(id)).toEqual(['alice', 'owner']);
  expect((await cluster.state(id)).invitations).toEqual([]);
});

test('[SYNC-4][PRES-2] the grace of a user unknown to all living nodes ends, and so do the graces of others', async () => {
  links[0].loseNews(Number.POSITIVE_INFINITY);
  const carol = await other.join('carol', id);
  await owner.do('invite:send', { roomId: id, userId: carol.caller.userId });
  await carol.disconnect();
  // The commit that this turn finds missing is that Carol is away.
  await owner.do('room:attributes', { roomId: id, set: { topic: 'away' } });
  cluster.stop(other);
  links[1].loseNews(Number.POSITIVE_INFINITY);
  cluster.engines.tables.failOver();
  links[0].loseNews(0);
  links[0].interruptFeed();
  await cluster.pass(RECOVERED_AFTER_MS);
  expect(await cluster.members(id)).toContain('carol');
  await alice.disconnect();
  await cluster.pass(GRACE_MS + 10_000);
  expect(await cluster.state(id)).toMatchObject({ away: {}, invitations: [] });
  expect(await cluster.members(id)).toEqual(['owner']);
});

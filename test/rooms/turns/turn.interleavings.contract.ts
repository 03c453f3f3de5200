// Leaves, joins, returns, sweeps and takes of seats cross each other in every order that D2 names; run on every engine.
// The seam is between a decision and its commit; the other party acts through another node.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../../src/engines.ts';
import { systemClock } from '../../../src/ops/clock.ts';
import type { Commit, CommitResult } from '../../../src/store/room-store.ts';
import { type Scene, useScene } from '../../scenes/two-nodes.ts';
import { RoomNode } from '../../support/room-node.ts';
import { aJoining, roomId } from '../../support/stored-room.ts';

export function interleavingsContract(engine: () => Engines): void {
  const scene = useScene(engine);
  let { seam, here, there, id, owner, alice } = {} as Scene;
  beforeEach(() => {
    ({ seam, here, there, id, owner, alice } = scene());
  });
  const stored = () => scene().stored();
  const seatOf = (user: string) => scene().seatOf(user);
  const memberOf = (user: string) => scene().memberOf(user);

  describe('leaving and taking a seat', () => {
    test('[SEAT-2] a member who left before the take was committed does not occupy the seat', async () => {
      const { fence } = (await memberOf('alice')) ?? { fence: 0 };
      seam.beforeCommit(() => engine().presence.leave(roomId(id), { userId: alice.caller.userId, fence }));
      expect(await alice.refusal('seat:take', { roomId: id })).toBe('NOT_A_MEMBER');
      expect(await seatOf('alice')).toBeNull();
    });

    test('[ROOM-3] when a seated member leaves, seat and membership end in one version', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3 });
      const before = (await stored()).version;
      await alice.do('room:leave', { roomId: id });
      await expect
        .poll(() => owner.stageEvents().at(-1))
        .toMatchObject({ type: 'seat.left', by: 'alice', reason: 'left' });
      expect([await seatOf('alice'), await memberOf('alice'), (await stored()).version]).toEqual([
        null,
        null,
        before + 1,
      ]);
    });

    test('after a take and a leave that were sent together nobody is on the seat', async () => {
      const [, leave] = await Promise.all([
        alice.try('seat:take', { roomId: id, seat: 3 }),
        alice.try('room:leave', { roomId: id }),
      ]);
      expect([leave.ok, await seatOf('alice'), await memberOf('alice')]).toEqual([true, null, null]);
    });
  });

  describe('an old session and a new one', () => {
    test('[PRES-2] the leave of an old session, decided before the new one joined, removes nobody', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3 });
      seam.beforeCommit(() => there.join('alice', id));
      await alice.try('room:leave', { roomId: id });
      expect([await seatOf('alice'), await memberOf('alice')]).toEqual([3, expect.anything()]);
    });

    test('[PRES-4] a take of the old session, decided before the new one joined, is refused', async () => {
      seam.beforeCommit(() => there.join('alice', id));
      expect(await alice.refusal('seat:take', { roomId: id })).toBe('NOT_A_MEMBER');
      expect(await seatOf('alice')).toBeNull();
    });

    test('[PRES-1] a drop that is noticed after the new session joined marks nobody away', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3 });
      seam.beforeCommit(() => there.join('alice', id));
      await alice.disconnect();
      expect((await stored()).state.away).toEqual({});
      expect(await seatOf('alice')).toBe(3);
    });

    test('[PRES-4] the old session is told that it was replaced, also by one on another node', async () => {
      const again = await there.join('alice', id);
      await expect.poll(() => alice.payloadsOf('room:left')).toEqual([{ roomId: id, reason: 'replaced' }]);
      expect(await alice.refusal('seat:take', { roomId: id })).toBe('NOT_A_MEMBER');
      expect(await again.do('seat:take', { roomId: id })).toMatchObject({ seat: 1 });
    });
  });

  describe('the end of a grace and a return', () => {
    // The room's grace is 0 ms: the drop is this node's next commit, its sweep the one after.
    const unchanged = (commit: Commit, carryOut: (commit: Commit) => Promise<CommitResult>) => carryOut(commit);

    test('[PRES-1] at the end of the grace, seat and membership end and the seat is free', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3 });
      await alice.disconnect();
      await expect.poll(async () => [await seatOf('alice'), await memberOf('alice')]).toEqual([null, null]);
      await expect
        .poll(() => owner.stageEvents().map(({ type }) => type))
        .toEqual(['seat.taken', 'seat.away', 'seat.left']);
      const again = await there.join('alice', id);
      expect(await again.do('seat:take', { roomId: id, seat: 3 })).toMatchObject({ seat: 3 });
    });

    test('[PRES-1] back on another node before the sweep is committed: same seat, no leave', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3 });
      seam.nextCommit(unchanged);
      seam.beforeCommit(() => there.join('alice', id));
      await alice.disconnect();
      await expect
        .poll(() => owner.stageEvents().map(({ type }) => type))
        .toEqual(['seat.taken', 'seat.away', 'seat.back']);
      expect([await seatOf('alice'), (await stored()).state.away]).toEqual([3, {}]);
    });

    test('[PRES-2] a member who joined but is not marked as back yet: the sweep marks them, and removes nobody', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3 });
      seam.nextCommit(unchanged);
      seam.beforeCommit(() => engine().presence.join(roomId(id), aJoining('alice')));
      await alice.disconnect();
      await expect
        .poll(() => owner.stageEvents().map(({ type }) => type))
        .toEqual(['seat.taken', 'seat.away', 'seat.back']);
      expect([await seatOf('alice'), await memberOf('alice')]).toEqual([3, expect.anything()]);
    });

    test('[PRES-2] if two nodes sweep the same grace, it ends once', async () => {
      const third = new RoomNode(engine(), systemClock);
      await third.join('carol', id);
      await alice.do('seat:take', { roomId: id, seat: 3 });
      await alice.disconnect();
      await expect.poll(() => seatOf('alice')).toBeNull();
      await Promise.all([here.service.idle(), third.service.idle()]);
      expect((await stored()).version).toBe(3);
      await third.close();
    });
  });

  describe('commands about a member who leaves', () => {
    test('[INV-1] a member who left before the invitation was committed is not invited', async () => {
      const admin = await here.join('admin', id);
      await owner.do('admin:add', { roomId: id, userId: 'admin' });
      const bob = await there.join('bob', id);
      seam.beforeCommit(() => bob.do('room:leave', { roomId: id }));
      expect(await admin.refusal('invite:send', { roomId: id, userId: 'bob' })).toBe('TARGET_NOT_FOUND');
    });

    test('[REQ-3] accepting a member who left meanwhile seats nobody, and the refusal says how the request ended', async () => {
      const admin = await here.join('admin', id);
      await owner.do('admin:add', { roomId: id, userId: 'admin' });
      await owner.do('room:update', { roomId: id, seatMode: 'request' });
      const bob = await there.join('bob', id);
      await bob.do('request:send', { roomId: id });
      seam.beforeCommit(() => bob.do('room:leave', { roomId: id }));
      const outcome = await admin.try('request:accept', { roomId: id, userId: 'bob' });
      expect(outcome).toMatchObject({
        rejection: { code: 'REQUEST_ALREADY_PROCESSED', details: { status: 'ended', version: expect.any(Number) } },
      });
      expect(await seatOf('bob')).toBeNull();
    });

    test('[SEAT-1][ACK-5] of two takes of one seat one succeeds; the other answer names the occupant', async () => {
      const bob = await there.join('bob', id);
      seam.beforeCommit(() => bob.do('seat:take', { roomId: id, seat: 3 }));
      const outcome = await alice.try('seat:take', { roomId: id, seat: 3 });
      const { version } = await stored();
      expect(outcome).toMatchObject({
        rejection: { code: 'SEAT_TAKEN', details: { version, seat: { seat: 3, occupant: { userId: 'bob' } } } },
      });
    });

    test('[SEAT-1] parallel takes of several seats by one user give one seat (a fault of Easemob)', async () => {
      const takes = [1, 2, 3, 4].map((seat) => alice.try('seat:take', { roomId: id, seat }));
      const outcomes = await Promise.all(takes);
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      expect((await stored()).state.seats.filter(({ occupant }) => occupant?.userId === 'alice')).toHaveLength(1);
    });
  });

  describe('conditions of entry that change during a join', () => {
    test('[ROOM-6] the room closes: the join is refused with ROOM_CLOSED', async () => {
      const bob = here.connect('bob');
      seam.beforeJoin(() => owner.do('room:close', { roomId: id }));
      expect(await bob.refusal('room:join', { roomId: id })).toBe('ROOM_CLOSED');
      expect(await memberOf('bob')).toBeNull();
    });

    test('[ROOM-2] a password is set: the join needs it', async () => {
      const bob = here.connect('bob');
      seam.beforeJoin(() => owner.do('room:update', { roomId: id, password: 'secret' }));
      expect(await bob.refusal('room:join', { roomId: id })).toBe('WRONG_PASSWORD');
      expect(await bob.refusal('room:join', { roomId: id, password: 'secret' })).toBeNull();
    });

    test('[ROOM-1] the capacity shrinks: the join is refused with ROOM_FULL', async () => {
      const bob = here.connect('bob');
      seam.beforeJoin(() => owner.do('room:update', { roomId: id, capacity: 2 }));
      expect(await bob.refusal('room:join', { roomId: id })).toBe('ROOM_FULL');
    });
  });
}

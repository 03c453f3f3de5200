// Who comes first? Leaving, joining, returning, sweeping and taking seats cross each other in every order that D2
// names; run on every engine. The seam is between a decision and its commit; the other party acts through another node.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { brokenInvariants } from '../../src/domain/invariants.ts';
import { heldUsers } from '../../src/domain/room.ts';
import type { Engines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { BEHIND_RECORDS_MAX, type Commit, type CommitResult } from '../../src/store/room-store.ts';
import { OutcomeUnknownError } from '../../src/store/store-errors.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Person, RoomNode } from '../support/room-node.ts';
import { aJoining, roomId, uniqueId } from '../support/stored-room.ts';

export function interleavingsContract(engine: () => Engines): void {
  let seam: Interposed;
  let here: RoomNode;
  let there: RoomNode;
  let id: string;
  let owner: Person;
  let alice: Person;

  beforeEach(async () => {
    seam = interpose(engine());
    here = new RoomNode(seam, systemClock);
    // Its timers stand still: whoever sweeps is this node, at the seam.
    there = new RoomNode(engine(), new ManualClock());
    id = uniqueId('room');
    owner = there.connect('owner');
    await owner.do('room:create', { roomId: id, title: 'Crossing', seatMode: 'free', graceMs: 0 });
    alice = await here.join('alice', id);
  });

  afterEach(async () => {
    const { state } = await stored();
    expect(brokenInvariants(state)).toEqual([]);
    // Whoever the stage holds is a member, or the room is closed.
    const { members } = await engine().presence.sample(roomId(id), 100);
    const present = new Set<string>(members.map(({ userId }) => userId));
    for (const held of heldUsers(state)) expect(present, `${held} is held but no member`).toContain(held);
    await Promise.all([here.close(), there.close()]);
  });

  async function stored() {
    const room = await engine().store.load(roomId(id));
    if (!room) throw new Error('the room is gone');
    return room;
  }
  const seatOf = async (user: string) =>
    (await stored()).state.seats.find(({ occupant }) => occupant?.userId === user)?.seat ?? null;
  const memberOf = async (user: string) =>
    (await engine().presence.find(roomId(id), [aJoining(user).userId])).get(user) ?? null;

  describe('leaving and taking a seat', () => {
    test('[SEAT-2] he left before his take was committed: no ghost sits there', async () => {
      const { fence } = (await memberOf('alice')) ?? { fence: 0 };
      seam.beforeCommit(() => engine().presence.leave(roomId(id), { userId: alice.caller.userId, fence }));
      expect(await alice.refusal('seat:take', { roomId: id })).toBe('NOT_A_MEMBER');
      expect(await seatOf('alice')).toBeNull();
    });

    test('[ROOM-3] he sat down before his leave came: seat and membership end in one version', async () => {
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

    test('a take and a leave sent together end with nobody on the seat', async () => {
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

    test('[PRES-1] a drop noticed after the new session joined marks nobody away', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3 });
      seam.beforeCommit(() => there.join('alice', id));
      await alice.disconnect();
      expect((await stored()).state.away).toEqual({});
      expect(await seatOf('alice')).toBe(3);
    });

    test('[PRES-4] the old session hears that it was replaced, wherever the new one is', async () => {
      const again = await there.join('alice', id);
      await expect.poll(() => alice.heardOf('room:left')).toEqual([{ roomId: id, reason: 'replaced' }]);
      expect(await alice.refusal('seat:take', { roomId: id })).toBe('NOT_A_MEMBER');
      expect(await again.do('seat:take', { roomId: id })).toMatchObject({ seat: 1 });
    });
  });

  describe('the end of a grace and a return', () => {
    // The room's grace is 0 ms: the drop is this node's next commit, its sweep the one after.
    const asItIs = (commit: Commit, carryOut: (commit: Commit) => Promise<CommitResult>) => carryOut(commit);

    test('[PRES-1] the grace is over: seat and membership end, the place is free', async () => {
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
      seam.nextCommit(asItIs);
      seam.beforeCommit(() => there.join('alice', id));
      await alice.disconnect();
      await expect
        .poll(() => owner.stageEvents().map(({ type }) => type))
        .toEqual(['seat.taken', 'seat.away', 'seat.back']);
      expect([await seatOf('alice'), (await stored()).state.away]).toEqual([3, {}]);
    });

    test('[PRES-2] joined but not yet marked as back when the sweep comes: the sweep marks him, and removes nobody', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3 });
      seam.nextCommit(asItIs);
      seam.beforeCommit(() => engine().presence.join(roomId(id), aJoining('alice')));
      await alice.disconnect();
      await expect
        .poll(() => owner.stageEvents().map(({ type }) => type))
        .toEqual(['seat.taken', 'seat.away', 'seat.back']);
      expect([await seatOf('alice'), await memberOf('alice')]).toEqual([3, expect.anything()]);
    });

    test('[PRES-2] two nodes sweep the same grace: it ends once', async () => {
      const third = new RoomNode(engine(), systemClock);
      await third.join('carol', id);
      await alice.do('seat:take', { roomId: id, seat: 3 });
      await alice.disconnect();
      await expect.poll(() => seatOf('alice')).toBeNull();
      await Promise.all([here.service.settled(), third.service.settled()]);
      expect((await stored()).version).toBe(3);
      await third.close();
    });
  });

  describe('acting on somebody who goes', () => {
    test('[INV-1] who left before the invitation was committed is not invited', async () => {
      const admin = await here.join('admin', id);
      await owner.do('admin:add', { roomId: id, userId: 'admin' });
      const bob = await there.join('bob', id);
      seam.beforeCommit(() => bob.do('room:leave', { roomId: id }));
      expect(await admin.refusal('invite:send', { roomId: id, userId: 'bob' })).toBe('TARGET_NOT_FOUND');
    });

    test('[REQ-3] accepting somebody who left meanwhile seats nobody and says how it ended', async () => {
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

    test('[SEAT-1][ACK-5] two take one seat: one sits, the other is told who', async () => {
      const bob = await there.join('bob', id);
      seam.beforeCommit(() => bob.do('seat:take', { roomId: id, seat: 3 }));
      const outcome = await alice.try('seat:take', { roomId: id, seat: 3 });
      const { version } = await stored();
      expect(outcome).toMatchObject({
        rejection: { code: 'SEAT_TAKEN', details: { version, seat: { seat: 3, occupant: { userId: 'bob' } } } },
      });
    });

    test('[SEAT-1] fault elsewhere (Easemob): parallel takes of two seats by one user give him one', async () => {
      const takes = [1, 2, 3, 4].map((seat) => alice.try('seat:take', { roomId: id, seat }));
      const outcomes = await Promise.all(takes);
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      expect((await stored()).state.seats.filter(({ occupant }) => occupant?.userId === 'alice')).toHaveLength(1);
    });
  });

  describe('the door', () => {
    test('[ROOM-6] the room closed while somebody entered: he is told so', async () => {
      const bob = here.connect('bob');
      seam.beforeJoin(() => owner.do('room:close', { roomId: id }));
      expect(await bob.refusal('room:join', { roomId: id })).toBe('ROOM_CLOSED');
      expect(await memberOf('bob')).toBeNull();
    });

    test('[ROOM-2] a password was set while somebody entered: he needs it', async () => {
      const bob = here.connect('bob');
      seam.beforeJoin(() => owner.do('room:update', { roomId: id, password: 'secret' }));
      expect(await bob.refusal('room:join', { roomId: id })).toBe('WRONG_PASSWORD');
      expect(await bob.refusal('room:join', { roomId: id, password: 'secret' })).toBeNull();
    });

    test('[ROOM-1] the capacity shrank while somebody entered: he stays outside', async () => {
      const bob = here.connect('bob');
      seam.beforeJoin(() => owner.do('room:update', { roomId: id, capacity: 2 }));
      expect(await bob.refusal('room:join', { roomId: id })).toBe('ROOM_FULL');
    });
  });

  describe('lost replies', () => {
    const lost = () => Promise.reject(new OutcomeUnknownError('no reply came'));

    test('[ACK-3] committed, reply lost: answered as done, once', async () => {
      seam.nextCommit(async (commit, carryOut) => {
        await carryOut(commit);
        return lost();
      });
      expect(await alice.do('seat:take', { roomId: id, seat: 3 })).toEqual({ seat: 3, version: 1 });
      expect((await stored()).version).toBe(1);
    });

    test('[ACK-3] not committed, reply lost: sent again, done once', async () => {
      seam.nextCommit(lost);
      expect(await alice.do('seat:take', { roomId: id, seat: 3 })).toEqual({ seat: 3, version: 1 });
    });

    test('[ACK-3] committed, reply lost, and the room far ahead since: found in the log, done once', async () => {
      seam.nextCommit(async (commit, carryOut) => {
        await carryOut(commit);
        for (let index = 0; index <= BEHIND_RECORDS_MAX; index++) {
          await owner.do('room:update', { roomId: id, title: `Title ${index}` });
        }
        return lost();
      });
      expect(await alice.do('seat:take', { roomId: id, seat: 3 })).toEqual({ seat: 3, version: 1 });
      expect(await seatOf('alice')).toBe(3);
    });

    test('[ACK-2][ACK-3] outcome unknown: the retry on another node gets the first answer', async () => {
      await owner.do('admin:add', { roomId: id, userId: 'alice' });
      const lock = { roomId: id, seat: 3, commandId: 'cmd-1' };
      seam.nextCommit(async (commit, carryOut) => {
        await carryOut(commit);
        return lost();
      });
      seam.nextCommit(lost);
      expect(await alice.try('seat:lock', lock)).toMatchObject({
        rejection: { code: 'OUTCOME_UNKNOWN', retryAfterMs: expect.any(Number) },
      });
      const again = await there.join('alice', id);
      expect(await again.do('seat:lock', lock)).toEqual({ version: 2 });
      expect((await stored()).version).toBe(2);
    });

    test('[D2] a commit that was stuck somewhere is decided again, not carried out late', async () => {
      seam.nextCommit((commit, carryOut) => carryOut({ ...commit, now: commit.now - 20_000 }));
      expect(await alice.do('seat:take', { roomId: id, seat: 3 })).toEqual({ seat: 3, version: 1 });
    });

    test('[ACK-2] one command id sent to two nodes at once has one effect and one answer', async () => {
      await owner.do('admin:add', { roomId: id, userId: 'alice' });
      const send = () => alice.do('seat:lock', { roomId: id, seat: 5, commandId: 'cmd-2' });
      const answers = await Promise.all([send(), send(), send()]);
      expect(answers).toEqual([{ version: 2 }, { version: 2 }, { version: 2 }]);
    });

    test('[ACK-2] a retry that waits beside its original, in one turn, gets the same answer', async () => {
      let letReply = () => undefined as unknown;
      const reply = new Promise<void>((resolve) => {
        letReply = () => resolve();
      });
      seam.nextCommit(async (commit, carryOut) => {
        const result = await carryOut(commit);
        await reply;
        return result;
      });
      const first = alice.refusal('mic:set', { roomId: id, on: false });
      const take = { roomId: id, seat: 3, commandId: 'cmd-4' };
      const both = [alice.do('seat:take', take), alice.do('seat:take', take)];
      letReply();
      const answer = { seat: 3, version: 1 };
      expect([await first, await Promise.all(both)]).toEqual(['NOT_SEATED', [answer, answer]]);
    });

    test('[ACK-2] an id used for one command cannot be used for another', async () => {
      await alice.do('seat:take', { roomId: id, seat: 3, commandId: 'cmd-3' });
      const outcome = await alice.try('seat:leave', { roomId: id, commandId: 'cmd-3' });
      expect(outcome).toMatchObject({ rejection: { code: 'BAD_REQUEST', details: { usedFor: 'seat:take' } } });
      expect(await seatOf('alice')).toBe(3);
    });
  });
}

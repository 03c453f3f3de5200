// Removals, transfers of ownership and closing of empty rooms, run on every engine. Another command comes at the same
// moment on another node, or a reply is lost.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Engines } from '../../../src/engines.ts';
import { systemRandom } from '../../../src/ops/random.ts';
import type { Command } from '../../../src/protocol/commands.ts';
import { OutcomeUnknownError } from '../../../src/store/store-errors.ts';
import { type Scene, useScene } from '../../scenes/two-nodes.ts';
import { aGate } from '../../support/gate.ts';
import { runMicrotasks } from '../../support/manual-clock.ts';
import { roomId, userId } from '../../support/stored-room.ts';

export function moderationRacesContract(engine: () => Engines): void {
  const scene = useScene(engine);
  let { seam, here, there, thereClock, id, owner, alice } = {} as Scene;
  beforeEach(() => {
    ({ seam, here, there, thereClock, id, owner, alice } = scene());
  });
  const ownerId = () => owner.caller.userId;
  const stored = () => scene().stored();
  const seatOf = (user: string) => scene().seatOf(user);
  const memberOf = (user: string) => scene().memberOf(user);
  const lost = () => Promise.reject(new OutcomeUnknownError('no reply came'));
  const isBanned = async (user: string) =>
    (await engine().sanctions.find(roomId(id), [userId(user)])).banned.has(userId(user));
  const ofService = (name: 'member:kick' | 'member:ban', user: string): Command =>
    ({ name, payload: { roomId: roomId(id), userId: userId(user), banMs: 0 } }) as Command;

  describe('bans', () => {
    beforeEach(() => owner.do('admin:add', { roomId: id, userId: 'alice' }));
    const received = (type: string) =>
      expect.poll(() => alice.stageEvents().map((event) => event.type)).toContain(type);

    test('[PRES-6] an unban that read the bans before a ban and is decided after it lifts it', async () => {
      seam.afterSanctions(async () => {
        await owner.do('member:ban', { roomId: id, userId: 'bob' });
        await received('member.banned');
      });
      const { version } = await alice.do('member:unban', { roomId: id, userId: 'bob' });
      expect([await isBanned('bob'), version]).toEqual([false, 3]);
    });

    test('[PRES-6] an unban that read the bans before another unban lifts nothing a second time', async () => {
      await owner.do('member:ban', { roomId: id, userId: 'bob' });
      await received('member.banned');
      seam.afterSanctions(() => owner.do('member:unban', { roomId: id, userId: 'bob' }));
      expect(await alice.do('member:unban', { roomId: id, userId: 'bob' })).toEqual({ version: 3 });
      expect((await stored()).version).toBe(3);
    });

    test('[PRES-6] of an unban and a ban in one turn the last one holds', async () => {
      await owner.do('member:ban', { roomId: id, userId: 'bob' });
      const gate = aGate();
      seam.beforeCommit(() => gate.opened);
      const first = alice.do('room:update', { roomId: id, title: 'B' });
      const both = [
        alice.do('member:unban', { roomId: id, userId: 'bob' }),
        alice.do('member:ban', { roomId: id, userId: 'bob', forMs: 60_000 }),
      ];
      gate.open();
      await first;
      const [unbanned, banned] = await Promise.all(both);
      expect(unbanned).toEqual(banned);
      expect(await isBanned('bob')).toBe(true);
    });

    test('[PRES-6] a user who joins while being banned is removed', async () => {
      const bob = there.connect('bob');
      seam.beforeCommit(() => bob.do('room:join', { roomId: id }));
      await alice.do('member:ban', { roomId: id, userId: 'bob' });
      await expect.poll(() => bob.payloadsOf('room:left')).toEqual([{ roomId: id, reason: 'banned', by: 'alice' }]);
      expect([await memberOf('bob'), await bob.refusal('room:join', { roomId: id })]).toEqual([null, 'BANNED']);
    });

    test('[PRES-6][PRES-1] a ban in the same turn as a drop ends the seat, not only the grace', async () => {
      await owner.do('room:update', { roomId: id, graceMs: 300_000 });
      const bob = await here.join('bob', id);
      await bob.do('seat:take', { roomId: id, seat: 3 });
      const gate = aGate();
      seam.beforeCommit(() => gate.opened);
      const first = alice.do('room:update', { roomId: id, title: 'B' });
      const dropped = bob.disconnect();
      const banned = alice.do('member:ban', { roomId: id, userId: 'bob' });
      gate.open();
      await Promise.all([first, dropped, banned]);
      expect([await seatOf('bob'), await memberOf('bob'), (await stored()).state.away]).toEqual([null, null, {}]);
    });

    test('[ACK-3] a kick whose reply is lost is done once and sent once', async () => {
      const bob = await there.join('bob', id);
      await bob.do('seat:take', { roomId: id, seat: 3 });
      seam.nextCommit(async (commit, carryOut) => {
        await carryOut(commit);
        return lost();
      });
      const { version } = await alice.do('member:kick', { roomId: id, userId: 'bob', banMs: 60_000 });
      expect([version, await memberOf('bob'), await isBanned('bob')]).toEqual([(await stored()).version, null, true]);
      await expect.poll(() => bob.payloadsOf('room:left')).toMatchObject([{ reason: 'kicked', by: 'alice' }]);
      await expect
        .poll(() => alice.stageEvents().filter(({ type }) => type === 'member.kicked'))
        .toMatchObject([{ userId: 'bob' }]);
    });

    test('[ACK-2][ACK-3] the retry of a kick of unknown outcome does not remove a member who came back meanwhile', async () => {
      const bob = await there.join('bob', id);
      const kick = { roomId: id, userId: 'bob', commandId: 'kick-1' };
      seam.nextCommit(async (commit, carryOut) => {
        await carryOut(commit);
        return lost();
      });
      seam.nextCommit(lost);
      expect(await alice.refusal('member:kick', kick)).toBe('OUTCOME_UNKNOWN');
      await expect.poll(() => bob.payloadsOf('room:left')).toHaveLength(1);
      await bob.do('room:join', { roomId: id });
      const again = await there.join('alice', id);
      expect(await again.do('member:kick', kick)).toEqual({ version: 2 });
      expect([(await memberOf('bob'))?.userId, bob.payloadsOf('room:left')]).toEqual(['bob', [expect.anything()]]);
    });

    test('[PRES-6] the list of bans is for present staff, also on a node whose copy is behind', async () => {
      const bob = await here.join('bob', id);
      await owner.do('member:ban', { roomId: id, userId: 'carol' });
      await received('member.banned');
      expect(await bob.refusal('ban:list', { roomId: id })).toBe('FORBIDDEN');
      seam.loseNews(1);
      await owner.do('admin:add', { roomId: id, userId: 'bob' });
      expect((await bob.do('ban:list', { roomId: id })).bans).toMatchObject([{ userId: 'carol', by: ownerId() }]);
      seam.loseNews(2);
      await owner.do('member:kick', { roomId: id, userId: 'bob' });
      expect(await bob.refusal('ban:list', { roomId: id })).toBe('NOT_A_MEMBER');
    });
  });

  describe('the owner leaves', () => {
    test('[ROOM-7] if the first admin leaves at the same moment, the next one becomes the owner', async () => {
      const ada = await there.join('ada', id);
      for (const user of ['ada', 'alice']) await owner.do('admin:add', { roomId: id, userId: user });
      await owner.do('room:update', { roomId: id, ownerAbsent: 'promote' });
      const again = await here.join(ownerId(), id);
      seam.beforeCommit(() => ada.do('room:leave', { roomId: id }));
      await again.do('room:leave', { roomId: id });
      expect((await stored()).state.roles).toEqual({ ownerId: 'alice', admins: ['ada', ownerId()] });
    });

    test('[ROOM-7] an admin who was added on another node just before becomes the owner', async () => {
      await owner.do('room:update', { roomId: id, ownerAbsent: 'promote' });
      const [bob, service] = [await there.join('bob', id), there.service];
      await bob.do('seat:take', { roomId: id, seat: 3 });
      const again = await here.join(ownerId(), id);
      const promotion = { name: 'admin:add', payload: { roomId: roomId(id), userId: userId('alice') } } as Command;
      seam.beforeCommit(() => service.executeAsService(promotion));
      await again.do('room:leave', { roomId: id });
      expect((await stored()).state.roles.ownerId).toBe('alice');
    });

    test('[ROOM-3][ROOM-7] with keep, the leave begins no grace, and the owner comes back as the owner', async () => {
      expect(await owner.do('room:leave', { roomId: id })).toEqual({});
      expect([await memberOf(ownerId()), (await stored()).state.away]).toEqual([null, {}]);
      await expect.poll(() => alice.payloadsOf('room:audience').at(-1)).toMatchObject({ count: 1, left: [{}] });
      expect(owner.payloadsOf('room:left')).toEqual([]);
      expect(await owner.do('room:join', { roomId: id })).toMatchObject({ you: { role: 'owner' } });
    });

    test('[ROOM-3] a drop during a leave does not stop it: no grace keeps the seat or the membership', async () => {
      await owner.do('room:update', { roomId: id, graceMs: 300_000 });
      await alice.do('seat:take', { roomId: id, seat: 3 });
      for (const person of [alice, await here.join(ownerId(), id)]) {
        let dropped: Promise<void> | null = null;
        seam.beforeLeave(async () => {
          dropped = person.disconnect();
          await runMicrotasks();
        });
        expect(await person.refusal('room:leave', { roomId: id })).toBeNull();
        await dropped;
      }
      expect([await seatOf('alice'), await memberOf('alice'), await memberOf(ownerId())]).toEqual([null, null, null]);
      expect((await stored()).state.away).toEqual({});
    });

    test('[PRES-1] a drop during a leave that fails begins a grace', async () => {
      await owner.do('room:update', { roomId: id, graceMs: 300_000 });
      await alice.do('seat:take', { roomId: id, seat: 3 });
      let dropped: Promise<void> | null = null;
      seam.beforeLeave(async () => {
        dropped = alice.disconnect();
        await lost();
      });
      expect(await alice.refusal('room:leave', { roomId: id })).toBe('OUTCOME_UNKNOWN');
      await dropped;
      expect([await seatOf('alice'), Object.keys((await stored()).state.away)]).toEqual([3, ['alice']]);
    });

    test('[ROOM-3][ROOM-7] a kick and a drop of the owner in one turn begin no grace without a membership', async () => {
      await owner.do('room:update', { roomId: id, graceMs: 300_000 });
      const again = await here.join(ownerId(), id);
      const kick = ofService('member:kick', ownerId());
      const gate = aGate();
      seam.beforeCommit(() => gate.opened);
      const first = alice.try('mic:set', { roomId: id, on: false });
      const kicked = here.service.executeAsService(kick);
      await runMicrotasks();
      const dropped = again.disconnect();
      gate.open();
      const [, outcome] = await Promise.all([first, kicked, dropped]);
      expect(outcome.ok).toBe(true);
      expect([await memberOf(ownerId()), (await stored()).state.away]).toEqual([null, {}]);
    });
  });

  describe('a room without members', () => {
    /** The backend removes the last member. The room is live on both nodes then, and only this node's timers run. */
    async function emptyRoom(): Promise<void> {
      await owner.do('room:update', { roomId: id, emptyMs: 0 });
      await owner.do('room:leave', { roomId: id });
      expect((await there.service.executeAsService(ofService('member:kick', 'alice'))).ok).toBe(true);
    }

    test('[ROOM-7] is closed once by two nodes that try, and both passivate it', async () => {
      const tried = aGate();
      seam.beforeCommit(async () => {
        await thereClock.advance(10_000);
        await there.service.idle();
        tried.open();
      });
      await emptyRoom();
      const { version } = await stored();
      await tried.opened;
      await here.service.idle();
      const room = await stored();
      expect([room.state.closed?.reason, room.version]).toEqual(['empty', version + 1]);
      await expect.poll(() => [here.service.liveRoomCount, there.service.liveRoomCount]).toEqual([0, 0]);
    });

    test('[ROOM-7] stays open if a user joins at the same moment, and waits again after that member has left', async () => {
      const [carol, tried] = [there.connect('carol'), aGate()];
      seam.nextCommit(async (commit, carryOut) => {
        await carol.do('room:join', { roomId: id });
        const result = await carryOut(commit);
        tried.open();
        return result;
      });
      await emptyRoom();
      await tried.opened;
      await here.service.idle();
      expect([(await stored()).state.closed, (await memberOf('carol'))?.userId]).toEqual([null, 'carol']);
      expect(await carol.refusal('seat:take', { roomId: id })).toBeNull();
      await carol.do('room:leave', { roomId: id });
      await thereClock.advance(10_000);
      await there.service.idle();
      expect((await stored()).state.closed?.reason).toBe('empty');
      expect(await carol.refusal('room:join', { roomId: id })).toBe('ROOM_CLOSED');
    });
  });

  describe('a new password', () => {
    test('[ROOM-4] is not even hashed for a user who may not set one; the refusal names the version', async () => {
      await owner.do('admin:add', { roomId: id, userId: 'alice' });
      const bob = await here.join('bob', id);
      const bytes = vi.spyOn(systemRandom, 'bytes');
      for (const person of [alice, bob]) {
        expect(await person.try('room:update', { roomId: id, title: 'B', password: 'secret' })).toEqual({
          ok: false,
          rejection: { code: 'FORBIDDEN', details: { version: 1 } },
        });
      }
      expect(bytes).not.toHaveBeenCalled();
      bytes.mockRestore();
      expect((await stored()).state.settings).toMatchObject({ title: 'Crossing', hasPassword: false });
    });

    test('[ROOM-4] is set by a new owner, although the node has not received the news yet', async () => {
      seam.loseNews(1);
      await owner.do('owner:transfer', { roomId: id, userId: 'alice' });
      expect(await alice.do('room:update', { roomId: id, password: 'secret' })).toEqual({ version: 2 });
      expect(await there.connect('bob').refusal('room:join', { roomId: id })).toBe('WRONG_PASSWORD');
    });

    test('[ACK-2] a repeated command of a former owner gets its first answer', async () => {
      const update = { roomId: id, password: 'secret', commandId: 'cmd-9' };
      const first = await owner.do('room:update', update);
      await owner.do('owner:transfer', { roomId: id, userId: 'alice' });
      expect(await owner.do('room:update', update)).toEqual(first);
      expect(await owner.refusal('room:update', { ...update, commandId: 'cmd-10' })).toBe('FORBIDDEN');
    });
  });
}

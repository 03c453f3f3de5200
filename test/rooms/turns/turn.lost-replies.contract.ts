// Lost replies, retries, and commands that come twice (ACK-2, ACK-3); run on every engine.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engines } from '../../../src/engines.ts';
import { BEHIND_RECORDS_MAX } from '../../../src/store/room-store.ts';
import { OutcomeUnknownError } from '../../../src/store/store-errors.ts';
import { type Scene, useScene } from '../../scenes/two-nodes.ts';
import { aGate } from '../../support/gate.ts';

export function lostRepliesContract(engine: () => Engines): void {
  const scene = useScene(engine);
  let { seam, there, id, owner, alice } = {} as Scene;
  beforeEach(() => {
    ({ seam, there, id, owner, alice } = scene());
  });
  const stored = () => scene().stored();
  const seatOf = (user: string) => scene().seatOf(user);

  describe('lost replies', () => {
    const lost = () => Promise.reject(new OutcomeUnknownError('no reply came'));

    test('[ACK-3] committed, reply lost: the command is answered as done, and is done once', async () => {
      seam.nextCommit(async (commit, carryOut) => {
        await carryOut(commit);
        return lost();
      });
      expect(await alice.do('seat:take', { roomId: id, seat: 3 })).toEqual({ seat: 3, version: 1 });
      expect((await stored()).version).toBe(1);
    });

    test('[ACK-3] not committed, reply lost: the commit is sent again and done once', async () => {
      seam.nextCommit(lost);
      expect(await alice.do('seat:take', { roomId: id, seat: 3 })).toEqual({ seat: 3, version: 1 });
    });

    test('[ACK-3] committed, reply lost, and the room is far ahead since: the log has the commit, so it is done once', async () => {
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

    test('[D2] a commit that was on its way for too long is refused, and its commands are decided again', async () => {
      seam.nextCommit((commit, carryOut) => carryOut({ ...commit, now: commit.now - 20_000 }));
      expect(await alice.do('seat:take', { roomId: id, seat: 3 })).toEqual({ seat: 3, version: 1 });
    });

    test('[ACK-2] one command id sent to two nodes at once has one effect and one answer', async () => {
      await owner.do('admin:add', { roomId: id, userId: 'alice' });
      const send = () => alice.do('seat:lock', { roomId: id, seat: 5, commandId: 'cmd-2' });
      const answers = await Promise.all([send(), send(), send()]);
      expect(answers).toEqual([{ version: 2 }, { version: 2 }, { version: 2 }]);
    });

    test('[ACK-2] a retry in the same turn as its original gets the same answer', async () => {
      const reply = aGate();
      seam.nextCommit(async (commit, carryOut) => {
        const result = await carryOut(commit);
        await reply.opened;
        return result;
      });
      const first = alice.refusal('mic:set', { roomId: id, on: false });
      const take = { roomId: id, seat: 3, commandId: 'cmd-4' };
      const both = [alice.do('seat:take', take), alice.do('seat:take', take)];
      reply.open();
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

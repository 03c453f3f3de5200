// A turn that holds several commands: what one of them ends, the next one must not rely on.
import { describe, expect, test } from 'vitest';
import type { StageCommand } from '../../src/domain/stage-command.ts';
import { draftTurn } from '../../src/rooms/draft.ts';
import type { Job } from '../../src/rooms/job.ts';
import type { MemberRecord } from '../../src/store/presence-store.ts';
import type { StoredRoom } from '../../src/store/room-store.ts';
import { actorNamed, aMember, buildRoom, type CommandInput, command, OWNER, START } from '../support/domain.ts';
import { nodeId } from '../support/stored-room.ts';

const before: StoredRoom = {
  epoch: 'epoch-1',
  version: 4,
  publicVersion: 3,
  staffVersion: 4,
  door: 0,
  state: buildRoom({ seatMode: 'free' }),
};

const job = <Name extends StageCommand['name']>(who: string, name: Name, input: CommandInput<Name>): Job => ({
  command: command(name, input),
  actor: actorNamed(who),
  key: null,
  settle: () => undefined,
});

const draft = (jobs: Job[], targets: MemberRecord[] = []) =>
  draftTurn(jobs, {
    before,
    turnId: 'turn',
    now: START,
    targets: new Map(targets.map((member) => [member.userId, member])),
    sanctions: { banned: new Set(), silenced: new Set(), bans: 0, silences: 0 },
  });

const codes = (jobs: Job[], { outcomes }: ReturnType<typeof draft>) =>
  jobs.map((one) => {
    const outcome = outcomes.get(one);
    return outcome?.ok ? 'ok' : outcome?.rejection.code;
  });

const record = (name: string): MemberRecord => ({ ...aMember(name), nodeId: nodeId('node'), since: START });

describe('who ended his session earlier in the turn', () => {
  test('[ROOM-3] takes no seat after his leave', () => {
    const jobs = [job('alice', 'member:leave', { userId: 'alice', fence: 1 }), job('alice', 'seat:take', { seat: 3 })];
    const turn = draft(jobs);
    expect(codes(jobs, turn)).toEqual(['ok', 'NOT_A_MEMBER']);
    expect(turn.commit.change?.after.state.seats[3]?.occupant).toBeNull();
  });

  test('[PRES-1] gives no command after his drop', () => {
    const jobs = [
      job('alice', 'seat:take', { seat: 3 }),
      job('system', 'member:drop', { userId: 'alice', fence: 1 }),
      job('alice', 'seat:leave', {}),
    ];
    expect(codes(jobs, draft(jobs))).toEqual(['ok', 'ok', 'NOT_A_MEMBER']);
  });

  test('[INV-1] is nobody’s target any more', () => {
    const jobs = [
      job('alice', 'member:leave', { userId: 'alice', fence: 1 }),
      job(OWNER, 'invite:send', { userId: 'alice' }),
    ];
    expect(codes(jobs, draft(jobs, [record('alice')]))).toEqual(['ok', 'TARGET_NOT_FOUND']);
  });
});

describe('one turn is one version', () => {
  test('[SYNC-1] it says which versions each kind of member was shown before', () => {
    const jobs = [job('alice', 'seat:take', { seat: 3 }), job('bob', 'seat:take', { seat: 4 })];
    const { commit, outcomes } = draft(jobs);
    expect(commit.change?.record).toMatchObject({ version: 5, publicAfter: 3, staffAfter: 4 });
    expect(commit.change?.after).toMatchObject({ version: 5, publicVersion: 5, staffVersion: 5 });
    expect([...outcomes.values()]).toEqual([
      { ok: true, data: { seat: 3, version: 5 } },
      { ok: true, data: { seat: 4, version: 5 } },
    ]);
  });

  test('[ACK-5] the loser within a turn is told who sits there, and at the version that will show it', () => {
    const jobs = [job('alice', 'seat:take', { seat: 3 }), job('bob', 'seat:take', { seat: 3 })];
    expect(draft(jobs).outcomes.get(jobs[1] as Job)).toMatchObject({
      rejection: { code: 'SEAT_TAKEN', details: { version: 5, seat: { occupant: { userId: 'alice' } } } },
    });
  });

  test('[D2] its guards are its actors and those it names', () => {
    const jobs = [job('alice', 'seat:take', { seat: 3 }), job(OWNER, 'invite:send', { userId: 'bob' })];
    const guards = draft(jobs, [record('bob')]).commit.guards.map(({ userId }) => userId);
    expect(guards.sort()).toEqual(['alice', 'bob', OWNER]);
  });
});

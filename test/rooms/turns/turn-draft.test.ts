// A turn of several commands: a command must not rely on a session that an earlier one has ended.
import { describe, expect, test } from 'vitest';
import type { StageCommand } from '../../../src/domain/stage-command.ts';
import type { UserId } from '../../../src/protocol/ids.ts';
import { draftTurn } from '../../../src/rooms/turns/turn-draft.ts';
import type { TurnJob } from '../../../src/rooms/turns/turn-job.ts';
import type { MemberRecord } from '../../../src/store/presence-store.ts';
import type { StoredRoom } from '../../../src/store/room-store.ts';
import { actorNamed, aMember, buildRoom, type CommandInput, command, OWNER, START } from '../../support/domain.ts';
import { nodeId } from '../../support/stored-room.ts';

const before: StoredRoom = {
  epoch: 'epoch-1',
  replicationId: '',
  version: 4,
  publicVersion: 3,
  staffVersion: 4,
  entryVersion: 0,
  state: buildRoom({ seatMode: 'free' }),
};

const job = <Name extends StageCommand['name']>(user: string, name: Name, input: CommandInput<Name>): TurnJob => ({
  command: command(name, input),
  actor: actorNamed(user),
  key: null,
  resolve: () => undefined,
});

const draft = (jobs: TurnJob[], targets: MemberRecord[] = []) =>
  draftTurn(jobs, {
    before,
    turnId: 'turn',
    now: START,
    targets: new Map(targets.map((member) => [member.userId, member])),
    sanctions: { banned: new Set(), silenced: new Set(), bans: 0, silences: 0 },
  });

const outcomeOf = ({ answers }: ReturnType<typeof draft>, job: TurnJob | undefined) =>
  answers.find((answer) => answer.job === job)?.outcome;

const codes = (jobs: TurnJob[], turn: ReturnType<typeof draft>) =>
  jobs.map((one) => {
    const outcome = outcomeOf(turn, one);
    return outcome?.ok ? 'ok' : outcome?.rejection.code;
  });

const record = (name: string): MemberRecord => ({ ...aMember(name), nodeId: nodeId('node'), since: START });

describe('a member whose session ended earlier in the turn', () => {
  test('[ROOM-3] takes no seat after a leave', () => {
    const jobs = [job('alice', 'member:leave', { userId: 'alice', fence: 1 }), job('alice', 'seat:take', { seat: 3 })];
    const turn = draft(jobs);
    expect(codes(jobs, turn)).toEqual(['ok', 'NOT_A_MEMBER']);
    expect(turn.commit.change?.after.state.seats[3]?.occupant).toBeNull();
  });

  test('[PRES-1] gives no command after a drop', () => {
    const jobs = [
      job('alice', 'seat:take', { seat: 3 }),
      job('system', 'member:drop', { userId: 'alice', fence: 1 }),
      job('alice', 'seat:leave', {}),
    ];
    expect(codes(jobs, draft(jobs))).toEqual(['ok', 'ok', 'NOT_A_MEMBER']);
  });

  test('[INV-1] is no target any more', () => {
    const jobs = [
      job('alice', 'member:leave', { userId: 'alice', fence: 1 }),
      job(OWNER, 'invite:send', { userId: 'alice' }),
    ];
    expect(codes(jobs, draft(jobs, [record('alice')]))).toEqual(['ok', 'TARGET_NOT_FOUND']);
  });
});

describe('the owner, who is on the stage even without a membership', () => {
  test('[ROOM-3][ROOM-7] a drop of the owner right after a leave begins no grace', () => {
    const jobs = [
      job(OWNER, 'member:leave', { userId: OWNER, fence: 1 }),
      job('system', 'member:drop', { userId: OWNER, fence: 1 }),
    ];
    const turn = draft(jobs);
    expect(codes(jobs, turn)).toEqual(['ok', 'NOT_A_MEMBER']);
    expect([turn.commit.change?.after.state.away, turn.commit.endedSessions]).toEqual([{}, []]);
  });
});

describe('a member who dropped earlier in the turn', () => {
  const drop = job('system', 'member:drop', { userId: 'alice', fence: 1 });
  const seated = [job('alice', 'seat:take', { seat: 3 }), drop];

  test.for(['member:ban', 'member:kick'] as const)('[PRES-6] %s waits for the fence that the drop gives', (name) => {
    const removal = job('service', name, { userId: 'alice' });
    const turn = draft([...seated, removal], [record('alice')]);
    expect(turn.postponed).toEqual([removal]);
    expect(outcomeOf(turn, removal)).toBeUndefined();
    expect([turn.commit.removals, turn.commit.endedSessions]).toEqual([[], [{ userId: 'alice', fence: 1 }]]);
    expect(turn.commit.guards).toEqual([{ userId: 'alice', fence: 1 }]);
  });

  test('[PRES-6] does not delay the removal of others', () => {
    const removal = job('service', 'member:kick', { userId: 'bob' });
    const turn = draft([...seated, removal], [record('bob')]);
    expect([turn.postponed, turn.commit.removals]).toEqual([[], [{ userId: 'bob', fence: 1 }]]);
  });
});

describe('bans and silences within a turn', () => {
  const ban = (user: string) => job(OWNER, 'member:ban', { userId: user });

  test('[PRES-6] an unban after a ban lifts it; a second one finds nothing to lift', () => {
    const jobs = [
      ban('bob'),
      job('service', 'member:unban', { userId: 'bob' }),
      job(OWNER, 'member:unban', { userId: 'bob' }),
    ];
    const turn = draft(jobs);
    expect(codes(jobs, turn)).toEqual(['ok', 'ok', 'ok']);
    expect(turn.commit.change?.record.events.map(({ type }) => type)).toEqual(['member.banned', 'member.unbanned']);
    expect(turn.commit.change?.sanctions).toMatchObject([{ imposed: { userId: 'bob' } }, { lifted: 'bob' }]);
  });

  test('[PRES-6] count for the limit within the same turn', () => {
    const jobs = [ban('bob'), ban('bob'), ban('carol')];
    const sanctions = { banned: new Set<UserId>(), silenced: new Set<UserId>(), bans: 999, silences: 0 };
    const turn = draftTurn(jobs, { before, turnId: 'turn', now: START, targets: new Map(), sanctions });
    expect(codes(jobs, turn)).toEqual(['ok', 'ok', 'QUEUE_FULL']);
  });

  test('[PRES-6] a member who was kicked earlier in the turn gives no command, and is no target', () => {
    const jobs = [
      job(OWNER, 'member:kick', { userId: 'alice' }),
      job('alice', 'seat:take', { seat: 3 }),
      job(OWNER, 'invite:send', { userId: 'alice' }),
    ];
    expect(codes(jobs, draft(jobs, [record('alice')]))).toEqual(['ok', 'NOT_A_MEMBER', 'TARGET_NOT_FOUND']);
  });
});

describe('one turn is one version', () => {
  test('[SYNC-1] it names the version before it in each stream', () => {
    const jobs = [job('alice', 'seat:take', { seat: 3 }), job('bob', 'seat:take', { seat: 4 })];
    const { commit, answers } = draft(jobs);
    expect(commit.change?.record).toMatchObject({ version: 5, publicAfter: 3, staffAfter: 4 });
    expect(commit.change?.after).toMatchObject({ version: 5, publicVersion: 5, staffVersion: 5 });
    expect(answers.map(({ outcome }) => outcome)).toEqual([
      { ok: true, data: { seat: 3, version: 5 } },
      { ok: true, data: { seat: 4, version: 5 } },
    ]);
  });

  test('[ACK-5] the loser within a turn gets the occupant, and the version that will have them', () => {
    const jobs = [job('alice', 'seat:take', { seat: 3 }), job('bob', 'seat:take', { seat: 3 })];
    expect(outcomeOf(draft(jobs), jobs[1])).toMatchObject({
      rejection: { code: 'SEAT_TAKEN', details: { version: 5, seat: { occupant: { userId: 'alice' } } } },
    });
  });

  test('[D2] its guards are its actors and its targets', () => {
    const jobs = [job('alice', 'seat:take', { seat: 3 }), job(OWNER, 'invite:send', { userId: 'bob' })];
    const guards = draft(jobs, [record('bob')]).commit.guards.map(({ userId }) => userId);
    expect(guards.sort()).toEqual(['alice', 'bob', OWNER]);
  });
});

// SPEC's permission table, written down a second time and tried cell by cell (ROLE-1, ROLE-2).
import { describe, expect, test } from 'vitest';
import { permissions } from '../../src/domain/permissions.ts';
import type { RoomState } from '../../src/domain/room.ts';
import type { StageCommand } from '../../src/domain/stage-command.ts';
import { commandSchemas, type StageCommandName, stageAckSchemas } from '../../src/protocol/commands.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { SeatMode } from '../../src/protocol/stage.ts';
import { actorNamed, buildRoom, command, OWNER, ownCommandNames, Play, play } from '../support/domain.ts';

/** Commands that members give for themselves; they may name a seat, but not another user's. */
const isMembersOwn = (name: string): boolean => permissions[name as StageCommandName].service === 'FORBIDDEN';

type Verdict = 'ok' | ErrorCode;
/** The columns: one actor of each role. */
const actors = { member: 'alice', admin: 'ada', owner: OWNER, service: 'service' } as const;
type ActorRole = keyof typeof actors;
const actorRoles = Object.keys(actors) as ActorRole[];
type Row = Readonly<Record<ActorRole, Verdict>>;

const row = (member: Verdict, admin: Verdict, owner: Verdict, service: Verdict): Row => ({
  member,
  admin,
  owner,
  service,
});
const membersOwn = row('ok', 'ok', 'ok', 'FORBIDDEN');
const staffs = row('FORBIDDEN', 'ok', 'ok', 'ok');
const owners = row('FORBIDDEN', 'FORBIDDEN', 'ok', 'ok');

/** The room of the table: two admins, everybody present, all seats empty unless prepared otherwise. */
function tableRoom(seatMode: SeatMode, prepare: (play: Play) => void = () => undefined): RoomState {
  const preparing = new Play(buildRoom({ seatMode, admins: ['ada', 'abe'] }));
  prepare(preparing);
  return preparing.room;
}

const people = [actors.member, actors.admin, actors.owner];
const seated = tableRoom('free', (room) => {
  for (const who of people) room.accept(who, 'seat:take');
});
const requesting = tableRoom('request', (room) => {
  for (const who of people) room.accept(who, 'request:send');
});
const invited = tableRoom('invite', (room) => {
  for (const userId of people) room.accept('service', 'invite:send', { userId });
});
const free = tableRoom('free');
const request = tableRoom('request');
const invite = tableRoom('invite');

/** Commands about the actor themselves, and about the room as a whole. */
const untargeted: readonly (readonly [command: StageCommand, room: RoomState, verdicts: Row])[] = [
  [command('seat:take', {}), free, membersOwn],
  [command('seat:take', {}), request, row('REQUEST_REQUIRED', 'ok', 'ok', 'FORBIDDEN')],
  [command('seat:take', {}), invite, row('INVITE_REQUIRED', 'ok', 'ok', 'FORBIDDEN')],
  [command('seat:leave', {}), seated, membersOwn],
  [command('seat:move', { seat: 7 }), seated, membersOwn],
  [command('mic:set', { on: false }), seated, membersOwn],
  [command('request:send', {}), request, membersOwn],
  [command('request:cancel', {}), requesting, membersOwn],
  [command('invite:accept', {}), invited, membersOwn],
  [command('invite:decline', {}), invited, membersOwn],
  [command('seats:lock', {}), request, staffs],
  [command('seats:unlock', {}), request, staffs],
  [command('seats:mute', {}), request, staffs],
  [command('seats:unmute', {}), request, staffs],
  [command('room:update', { title: 'New' }), request, staffs],
  [command('room:update', { title: 'New', notice: 'New' }), request, staffs],
  [command('room:update', { title: 'New', seatCount: 4 }), request, owners],
  [command('room:update', { seatMode: 'free' }), request, owners],
  [command('room:update', { passwordHash: 'hash' }), request, owners],
  [command('room:update', { passwordHash: null }), request, owners],
  [command('room:update', { chat: 'off' }), request, owners],
  [command('room:update', { cover: null }), request, owners],
  [command('room:attributes', { set: { theme: 'blue' } }), request, staffs],
  [command('room:close', {}), request, owners],
  [command('admin:add', { userId: 'bob' }), request, owners],
  [command('admin:remove', { userId: 'abe' }), request, owners],
  [command('owner:transfer', { userId: 'bob' }), request, owners],
];

/** The targets of a targeted command: a plain member, an admin, the owner. */
const targets = { member: 'bob', admin: 'abe', owner: OWNER } as const;
type TargetRole = keyof typeof targets;
const against: Readonly<Record<TargetRole, Row>> = {
  member: staffs,
  admin: row('FORBIDDEN', 'TARGET_OUTRANKS', 'ok', 'ok'),
  owner: row('FORBIDDEN', 'TARGET_OUTRANKS', 'ok', 'ok'),
};

type Aim = (target: string) => readonly [command: StageCommand, room: RoomState];
const requestedBy = (target: string) => tableRoom('request', (room) => room.accept(target, 'request:send'));
const invitedBy = (target: string) =>
  tableRoom('invite', (room) => room.accept('service', 'invite:send', { userId: target }));
const seatedOn3 = (target: string) => tableRoom('free', (room) => room.accept(target, 'seat:take', { seat: 3 }));

/** Each command in a room in which only the rank can be a reason to refuse it. */
const targeted: Readonly<Record<string, Aim>> = {
  'request:accept': (userId) => [command('request:accept', { userId }), requestedBy(userId)],
  'request:reject': (userId) => [command('request:reject', { userId }), requestedBy(userId)],
  'invite:send': (userId) => [command('invite:send', { userId }), invite],
  'invite:cancel': (userId) => [command('invite:cancel', { userId }), invitedBy(userId)],
  'seat:pick': (userId) => [command('seat:pick', { userId, seat: 6 }), seatedOn3(userId)],
  'seat:pick (unseated)': (userId) => [command('seat:pick', { userId, seat: 6 }), invite],
  'seat:kick': (userId) => [command('seat:kick', { seat: 3 }), seatedOn3(userId)],
  'seat:kick (by user)': (userId) => [command('seat:kick', { userId }), seatedOn3(userId)],
  'seat:lock': (userId) => [command('seat:lock', { seat: 3 }), seatedOn3(userId)],
  'seat:unlock': (userId) => [command('seat:unlock', { seat: 3 }), seatedOn3(userId)],
  'seat:mute': (userId) => [command('seat:mute', { seat: 3 }), seatedOn3(userId)],
  'seat:unmute': (userId) => [command('seat:unmute', { seat: 3 }), seatedOn3(userId)],
};

/** Commands that nobody may give against themselves, of any rank (PRES-6). */
const sanctions: Readonly<Record<string, Aim>> = {
  'member:kick': (userId) => [command('member:kick', { userId }), request],
  'member:ban': (userId) => [command('member:ban', { userId }), request],
  'member:unban': (userId) => [command('member:unban', { userId }), request],
  'member:silence': (userId) => [command('member:silence', { userId, forMs: 1_000 }), request],
  'member:unsilence': (userId) => [command('member:unsilence', { userId }), request],
};

function verdictOf(room: RoomState, who: string, asked: StageCommand): Verdict {
  const { decision } = play(room, actorNamed(who), asked);
  return decision.ok ? 'ok' : decision.rejection.code;
}

describe('[ROLE-1] the permission table', () => {
  const cells = untargeted.flatMap(([asked, room, verdicts]) =>
    actorRoles.map((role) => {
      const { roomId: _, ...fields } = asked.payload as { roomId: string };
      const what = `${asked.name} ${JSON.stringify(fields)} in ${room.settings.seatMode} mode`;
      return [`${what}, ${role}: ${verdicts[role]}`, { asked, room, role, verdict: verdicts[role] }] as const;
    }),
  );
  test.for(cells)('%s', ([, { asked, room, role, verdict }]) => {
    expect(verdictOf(room, actors[role], asked)).toBe(verdict);
  });

  const aimedCells = Object.entries({ ...targeted, ...sanctions }).flatMap(([name, aim]) =>
    (Object.keys(targets) as TargetRole[]).flatMap((target) =>
      actorRoles.map((role) => {
        const isHimself = name in sanctions && role === 'owner' && target === 'owner';
        const verdict = isHimself ? 'FORBIDDEN' : against[target][role];
        return [`${name} against ${target}, ${role}: ${verdict}`, { aim, target, role, verdict }] as const;
      }),
    ),
  );
  test.for(aimedCells)('%s', ([, { aim, target, role, verdict }]) => {
    const [asked, room] = aim(targets[target]);
    expect(verdictOf(room, actors[role], asked)).toBe(verdict);
  });

  test('every stage command has its row here', () => {
    const tried = new Set([
      ...untargeted.map(([asked]) => asked.name),
      ...Object.keys(targeted),
      ...Object.keys(sanctions),
    ]);
    expect(Object.keys(stageAckSchemas).filter((name) => !tried.has(name as StageCommandName))).toEqual([]);
  });

  test('[ROLE-2] every command by which staff act on a user or a seat has a target', () => {
    const without = Object.entries(permissions).filter(([name, { admin, target }]) => {
      const { shape } = commandSchemas[name as StageCommandName];
      return admin === true && !isMembersOwn(name) && ('userId' in shape || 'seat' in shape) && target === null;
    });
    expect(without.map(([name]) => name)).toEqual([]);
  });

  test('a refusal by rank names the user and their role', () => {
    const { decision } = play(seatedOn3('abe'), actorNamed('ada'), command('seat:mute', { seat: 3 }));
    expect(decision).toEqual({
      ok: false,
      rejection: { code: 'TARGET_OUTRANKS', details: { userId: 'abe', role: 'admin' } },
    });
  });

  test('Maiwei’s own commands are refused to all others, except that a member may end their own session', () => {
    for (const name of ownCommandNames) {
      const asked = command(name, { userId: 'alice', fence: 1 });
      const verdicts = Object.entries(actors).map(([role, who]) => [role, verdictOf(seated, who, asked)]);
      const own = name === 'member:leave' ? 'ok' : 'FORBIDDEN';
      expect(Object.fromEntries(verdicts)).toEqual({
        member: own,
        admin: 'FORBIDDEN',
        owner: 'FORBIDDEN',
        service: 'FORBIDDEN',
      });
    }
  });
});

test('[ROLE-2] the rule answers for a target that does not exist, and the rank counts for every target that does', () => {
  const absent = new Play(seatedOn3('abe')).without('abe');
  expect(absent.refuse('ada', 'invite:send', { userId: 'abe' }).code).toBe('TARGET_NOT_FOUND');
  // The store has lost the membership, but the stage still shows the user.
  expect(absent.refuse('ada', 'seat:pick', { userId: 'abe', seat: 6 }).code).toBe('TARGET_OUTRANKS');
  const unseated = new Play(tableRoom('free')).without('abe');
  expect(unseated.refuse('ada', 'seat:pick', { userId: 'abe', seat: 6 }).code).toBe('TARGET_NOT_FOUND');
  expect(unseated.refuse('ada', 'seat:kick', { userId: 'abe' }).code).toBe('NOT_SEATED');
  expect(unseated.refuse('ada', 'seat:lock', { seat: 63 }).code).toBe('SEAT_NOT_FOUND');
});

test.for(Object.entries(targeted))('[ROLE-2] %s: admins and the owner may act on themselves', ([, aim]) => {
  for (const who of [actors.admin, actors.owner]) {
    const [asked, room] = aim(who);
    expect([who, verdictOf(room, who, asked)]).toEqual([who, 'ok']);
  }
});

test.for(Object.entries(sanctions))('[PRES-6] %s: nobody may do it to themselves', ([, aim]) => {
  for (const who of [actors.member, actors.admin, actors.owner]) {
    const [asked, room] = aim(who);
    expect([who, verdictOf(room, who, asked)]).toEqual([who, 'FORBIDDEN']);
  }
});

test('[ROLE-1] a seated user gets ALREADY_SEATED in every mode, not REQUEST_REQUIRED', () => {
  for (const seatMode of ['free', 'request', 'invite'] as const) {
    const room = tableRoom('free', (preparing) => {
      preparing.accept('alice', 'seat:take', { seat: 3 });
      preparing.accept(OWNER, 'room:update', { seatMode });
    });
    expect(verdictOf(room, 'alice', command('seat:take', { seat: 4 }))).toBe('ALREADY_SEATED');
    expect(verdictOf(room, 'alice', command('seat:move', { seat: 4 }))).toBe('ok');
  }
});

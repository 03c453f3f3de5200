// Admins, the handover of the room, and the operator on events (ROLE-2, ROLE-3, ROLE-4).
import { expect, test } from 'vitest';
import { limits } from '../../src/domain/room.ts';
import type { StageCommand } from '../../src/domain/stage-command.ts';
import { commandSchemas } from '../../src/protocol/commands.ts';
import {
  actorNamed,
  aSeat,
  buildRoom,
  command,
  eventsOf,
  OWNER,
  Play,
  play,
  START,
  typesOf,
} from '../support/domain.ts';

const freeRoom = () => buildRoom({ seatMode: 'free', admins: ['ada', 'abe'] });

test('[ROLE-2] a member cannot lift the mute of their own seat', () => {
  const muted = new Play(freeRoom());
  muted.accept('alice', 'seat:take', { seat: 3 });
  muted.accept(OWNER, 'seat:mute', { seat: 3 });
  expect(muted.refuse('alice', 'seat:unmute', { seat: 3 }).code).toBe('FORBIDDEN');
  expect(muted.seat(3)?.hostMuted).toBe(true);
});

test('[ROLE-2] fault elsewhere (FLY): an admin muted by the owner stayed muted when the owner had left', () => {
  const muted = new Play(freeRoom());
  muted.accept('ada', 'seat:take', { seat: 3 });
  muted.accept(OWNER, 'seat:mute', { seat: 3 });
  muted.accept('ada', 'seat:unmute', { seat: 3 });
  expect(muted.seat(3)?.hostMuted).toBe(false);
});

test('[ROLE-3] adding and removing an admin has one event; the limit is 20', () => {
  const adding = new Play(buildRoom());
  expect(adding.accept(OWNER, 'admin:add', { userId: 'ada' }).events).toEqual([
    { type: 'admin.added', by: OWNER, at: START, userId: 'ada' },
  ]);
  expect(adding.accept(OWNER, 'admin:add', { userId: 'ada' }).events).toEqual([]);
  expect(adding.accept(OWNER, 'admin:remove', { userId: 'ada' }).events).toEqual([
    { type: 'admin.removed', by: OWNER, at: START, userId: 'ada' },
  ]);
  expect(adding.refuse(OWNER, 'admin:remove', { userId: 'ada' }).code).toBe('TARGET_NOT_FOUND');
  for (let index = 0; index < limits.admins; index++) adding.accept(OWNER, 'admin:add', { userId: `admin-${index}` });
  expect(adding.room.roles.admins).toHaveLength(20);
  expect(adding.refuse(OWNER, 'admin:add', { userId: 'bob' })).toEqual({
    code: 'TOO_MANY_ADMINS',
    details: { limit: 20 },
  });
  expect(adding.refuse(OWNER, 'owner:transfer', { userId: 'bob' }).code).toBe('TOO_MANY_ADMINS');
  // The admin who becomes the owner leaves the list, so there is room for the old owner.
  adding.accept(OWNER, 'owner:transfer', { userId: 'admin-3' });
  expect(adding.room.roles.admins).toHaveLength(20);
});

test('[ROLE-3] an absent user or the owner cannot become an admin; an absent admin can be removed', () => {
  const adding = new Play(buildRoom({ admins: ['abe'] })).without('zoe', 'abe');
  expect(adding.refuse(OWNER, 'admin:add', { userId: 'zoe' }).code).toBe('TARGET_NOT_FOUND');
  expect(adding.refuse(OWNER, 'owner:transfer', { userId: 'zoe' }).code).toBe('TARGET_NOT_FOUND');
  expect(adding.refuse(OWNER, 'admin:add', { userId: OWNER }).code).toBe('TARGET_OUTRANKS');
  adding.accept(OWNER, 'admin:remove', { userId: 'abe' });
  expect(adding.room.roles.admins).toEqual([]);
});

test('[ROLE-3] a transfer makes the old owner an admin and leaves them seated', () => {
  const handing = new Play(buildRoom({ admins: ['ada'] }));
  handing.accept(OWNER, 'seat:take');
  const { events } = handing.accept(OWNER, 'owner:transfer', { userId: 'bob' });
  expect(typesOf(events)).toEqual(['owner.changed', 'admin.added']);
  expect(eventsOf(events, 'owner.changed')).toMatchObject([{ from: OWNER, to: 'bob', reason: 'transferred' }]);
  expect(handing.room.roles).toEqual({ ownerId: 'bob', admins: ['ada', OWNER] });
  expect(handing.places()).toEqual({ [OWNER]: 0 });
  // The owner seat is kept for the new owner when it is free, and no longer for the old one.
  expect(handing.refuse('bob', 'seat:take', { seat: 0 }).code).toBe('SEAT_TAKEN');
  handing.accept(OWNER, 'seat:leave');
  expect(handing.refuse(OWNER, 'seat:take', { seat: 0 }).code).toBe('SEAT_RESERVED');
  expect(handing.accept('bob', 'seat:take').data).toEqual({ seat: 0 });
});

test('[ROLE-3] an admin who becomes the owner is no longer an admin; a transfer to oneself changes nothing', () => {
  const handing = new Play(buildRoom({ admins: ['ada', 'abe'] }));
  expect(handing.accept(OWNER, 'owner:transfer', { userId: OWNER }).events).toEqual([]);
  handing.accept(OWNER, 'owner:transfer', { userId: 'ada' });
  expect(handing.room.roles).toEqual({ ownerId: 'ada', admins: ['abe', OWNER] });
});

test('[ROLE-3] fault elsewhere (FLY): ranks were read from a cache after they had changed', () => {
  const handing = new Play(buildRoom({ admins: ['ada'] }));
  handing.accept(OWNER, 'owner:transfer', { userId: 'bob' });
  expect(handing.refuse(OWNER, 'room:close').code).toBe('FORBIDDEN');
  expect(handing.refuse(OWNER, 'seat:lock', { seat: 0 }).code).toBe('TARGET_OUTRANKS');
  handing.accept('bob', 'admin:remove', { userId: OWNER });
  expect(handing.refuse(OWNER, 'seat:lock', { seat: 3 }).code).toBe('FORBIDDEN');
});

test('[ROLE-4] fault elsewhere (Aliyun, AUIKit): the operator and their rank were taken from the payload', () => {
  const forged = { roomId: 'room', seat: 3, userId: OWNER, by: OWNER, role: 'owner' };
  for (const name of ['seat:take', 'seat:mute', 'seat:leave', 'room:close'] as const) {
    expect(commandSchemas[name].safeParse(forged).success).toBe(false);
  }
  // Even with an unparsed payload the actor is the user of the session.
  const asked = { name: 'seat:mute', payload: forged } as unknown as StageCommand;
  expect(play(freeRoom(), actorNamed('alice'), asked).decision).toMatchObject({ rejection: { code: 'FORBIDDEN' } });
  const { decision } = play(freeRoom(), actorNamed('ada'), asked);
  expect(decision).toMatchObject({
    ok: true,
    events: [{ by: 'ada' }],
    next: { seats: { 3: aSeat(3, { hostMuted: true }) } },
  });
});

test('[ROLE-4] events name the operator: a user, the service or the system', () => {
  const bys = [OWNER, 'service', 'system'].map((who) => {
    const { decision } = play(freeRoom(), actorNamed(who), command('seats:lock', {}));
    return decision.ok ? [...new Set(decision.events.map(({ by }) => by))] : decision.rejection;
  });
  expect(bys).toEqual([[OWNER], ['service'], ['system']]);
});

// The page's reading of the roles against the server's rules: a staff button is there if the server would obey it.
import { expect, test } from 'vitest';
import type { RoomState } from '../../src/domain/room.ts';
import { project } from '../../src/domain/view.ts';
import type { Seat } from '../../src/protocol/stage.ts';
import { aMember, buildRoom, command, OWNER, Play, play } from '../support/domain.ts';

interface Action {
  readonly command: string;
}
type SeatActions = (room: object, me: string, seat: Seat) => readonly Action[];

const address = new URL('../../src/console/abilities.js', import.meta.url).href;
const { seatActions } = (await import(/* @vite-ignore */ address)) as { seatActions: SeatActions };

const staffCommands = ['seat:lock', 'seat:unlock', 'seat:mute', 'seat:unmute', 'seat:kick'] as const;

/** Of these commands, those which the page offers that person on the seat. */
function offered(state: RoomState, me: string, seat: Seat): string[] {
  const { settings, roles, ...view } = project(state, 'staff');
  const actions = seatActions({ ...view, ...settings, ...roles }, me, seat).map((action) => action.command);
  return staffCommands.filter((name) => actions.includes(name));
}

/** Those which the server would obey and which would change something, but for kicking oneself: that is called leaving. */
function obeyed(state: RoomState, me: string, seat: Seat): string[] {
  return staffCommands.filter((name) => {
    if (name === 'seat:kick' && seat.occupant?.userId === me) return false;
    const { decision } = play(state, aMember(me), command(name, { seat: seat.seat }));
    return decision.ok && decision.events.length > 0;
  });
}

/** The owner seat is 0; people of every rank sit somewhere, some seats are locked or muted. */
function crowded(): Play {
  const stage = new Play(buildRoom({ seatMode: 'free', seatCount: 7, admins: ['ada', 'abe'] }));
  stage.accept('ada', 'seat:take', { seat: 1 });
  stage.accept('abe', 'seat:take', { seat: 2 });
  stage.accept('bob', 'seat:take', { seat: 3 });
  stage.accept('ada', 'seat:lock', { seat: 4 });
  stage.accept('ada', 'seat:mute', { seat: 5 });
  return stage;
}

const scenes: Record<string, () => Play> = {
  'while it is empty': crowded,
  'while the owner sits on it'() {
    const stage = crowded();
    stage.accept(OWNER, 'seat:take', { seat: 0 });
    return stage;
  },
  'while a former owner, now an admin, sits on it'() {
    const stage = crowded();
    stage.accept(OWNER, 'seat:take', { seat: 0 });
    stage.accept(OWNER, 'owner:transfer', { userId: 'cleo' });
    return stage;
  },
  'while a former owner, now a member, sits on it'() {
    const stage = crowded();
    stage.accept(OWNER, 'seat:take', { seat: 0 });
    stage.accept(OWNER, 'owner:transfer', { userId: 'cleo' });
    stage.accept('cleo', 'admin:remove', { userId: OWNER });
    return stage;
  },
};

test.each(Object.entries(scenes))('[ROLE-1][ROLE-2][SEAT-9] the owner seat %s', (_, scene) => {
  const { room } = scene();
  const buttons = new Map<string, string[]>();
  for (const me of [OWNER, 'cleo', 'ada', 'abe', 'bob', 'carol']) {
    for (const seat of room.seats) {
      buttons.set(`${me} on ${seat.seat}`, offered(room, me, seat));
      expect([me, seat.seat, offered(room, me, seat)]).toEqual([me, seat.seat, obeyed(room, me, seat)]);
    }
  }
  expect(buttons.get('ada on 0')).not.toContain('seat:lock');
  expect(buttons.get('ada on 3')).toEqual(['seat:lock', 'seat:mute', 'seat:kick']);
  expect(buttons.get('carol on 3')).toEqual([]);
});

// The page's rights of the roles against the server's rules: a staff button exists if the server accepts its command.
import { expect, test } from 'vitest';
import { messageRefusal } from '../../src/domain/messages.ts';
import type { RoomState } from '../../src/domain/room.ts';
import { project } from '../../src/domain/view.ts';
import type { Seat } from '../../src/protocol/stage.ts';
import { aMember, buildRoom, command, OWNER, Play, play } from '../support/domain.ts';

interface Action {
  readonly command: string;
  readonly payload: Readonly<Record<string, unknown>>;
}
/** The exports of the page's module, which is plain JavaScript without types. */
interface Abilities {
  seatActions(room: object, me: string, seat: Seat): readonly Action[];
  moderationActions(room: object, me: string, sanction: { userId: string; forMs: number | null }): readonly Action[];
  messageActions(room: object, me: string, message: object): readonly Action[];
  mayChat(room: object, me: string): boolean;
}

const address = new URL('../../src/console/abilities.js', import.meta.url).href;
const { seatActions, moderationActions, messageActions, mayChat } = (await import(
  /* @vite-ignore */ address
)) as Abilities;

/** The room as the page of a staff member has it. */
function pageRoom(state: RoomState): object {
  const { settings, roles, ...view } = project(state, 'staff');
  return { ...view, ...settings, ...roles };
}

const staffCommands = ['seat:lock', 'seat:unlock', 'seat:mute', 'seat:unmute', 'seat:kick'] as const;

/** The staff commands that the page offers that user on the seat. */
function offered(state: RoomState, me: string, seat: Seat): string[] {
  const actions = seatActions(pageRoom(state), me, seat).map((action) => action.command);
  return staffCommands.filter((name) => actions.includes(name));
}

/** The staff commands that would change something. Kicking oneself is left out: the page offers to leave instead. */
function accepted(state: RoomState, me: string, seat: Seat): string[] {
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
      expect([me, seat.seat, offered(room, me, seat)]).toEqual([me, seat.seat, accepted(room, me, seat)]);
    }
  }
  expect(buttons.get('ada on 0')).not.toContain('seat:lock');
  expect(buttons.get('ada on 3')).toEqual(['seat:lock', 'seat:mute', 'seat:kick']);
  expect(buttons.get('carol on 3')).toEqual([]);
});

const sanctions = ['member:kick', 'member:ban', 'member:silence', 'member:unsilence'] as const;
const everybody = [OWNER, 'ada', 'abe', 'bob', 'carol'];

test('[PRES-6][ROLE-1] kick, ban and silence are offered where the server would accept them, and to no member', () => {
  const { room } = crowded();
  const sanctionsInForce = { isBanned: true, isSilenced: true };
  const isAccepted = (me: string, { command: name, payload }: Action) =>
    play(room, aMember(me), command(name as (typeof sanctions)[number], payload as { userId: string; forMs: number }), {
      sanctions: sanctionsInForce,
    }).decision.ok;
  for (const forMs of [60_000, null]) {
    // The owner's list for a member is the longest one; then every other user tries its commands.
    const fullest = moderationActions(pageRoom(room), OWNER, { userId: 'bob', forMs });
    const names = fullest.filter((action) => (sanctions as readonly string[]).includes(action.command));
    expect(names.map((action) => action.payload)).toEqual([
      { userId: 'bob' },
      forMs === null ? { userId: 'bob' } : { userId: 'bob', banMs: forMs },
      { userId: 'bob', forMs: forMs ?? 365 * 24 * 60 * 60_000 },
      { userId: 'bob' },
    ]);
    for (const me of everybody) {
      for (const userId of everybody) {
        const offers = moderationActions(pageRoom(room), me, { userId, forMs });
        for (const one of names) {
          const tried = { ...one, payload: { ...one.payload, userId } };
          const isOffered = offers.some((offer) => JSON.stringify(offer) === JSON.stringify(tried));
          expect([me, one.command, userId, isOffered]).toEqual([me, one.command, userId, isAccepted(me, tried)]);
        }
      }
    }
  }
  expect(moderationActions(pageRoom(room), 'bob', { userId: 'carol', forMs: 1 })).toEqual([]);
  const ofAdmin = moderationActions(pageRoom(room), 'ada', { userId: 'bob', forMs: 1 });
  expect(ofAdmin.map((action) => action.command)).not.toContain('admin:add');
});

test.each(['all', 'seated', 'off'] as const)(
  '[MSG-3] with chat: %s the field to write in is enabled for the members that may chat',
  (chat) => {
    const { room } = crowded();
    const state = { ...room, settings: { ...room.settings, chat } };
    for (const me of everybody) {
      expect([me, mayChat(pageRoom(state), me)]).toEqual([me, messageRefusal(state, aMember(me), 'chat') === null]);
    }
  },
);

test('[MSG-6] members delete their own chat, staff deletes any message', () => {
  const room = pageRoom(crowded().room);
  const message = (userId: string, kind: string) => ({ messageId: 'm', kind, from: { userId } });
  const deletes = (me: string, userId: string, kind = 'chat') =>
    messageActions(room, me, message(userId, kind)).map(({ payload }) => payload.messageId);
  expect(deletes('bob', 'bob')).toEqual(['m']);
  expect(deletes('bob', 'bob', 'gift')).toEqual([]);
  expect(deletes('bob', 'carol')).toEqual([]);
  expect(deletes('ada', OWNER, 'gift')).toEqual(['m']);
  expect(deletes(OWNER, 'service')).toEqual(['m']);
});

// The stories of the model test: the creation of a room, and some dozens of random commands by random users.
import fc from 'fast-check';
import type { RoomState } from '../../src/domain/room.ts';
import type { StageCommand } from '../../src/domain/stage-command.ts';
import { type buildRoom, OWNER, ownCommandNames } from '../support/domain.ts';

/** One command that a user tries; `waitMs` passes before it. Users are named by id or by their part (see castings). */
export interface Step {
  readonly who: string;
  readonly name: StageCommand['name'];
  readonly input: object;
  readonly waitMs: number;
}

/** A room and the commands that were tried in it. */
export interface Story {
  readonly founding: NonNullable<Parameters<typeof buildRoom>[0]>;
  readonly steps: readonly Step[];
}

const admins = ['ada', 'abe'];
// `constructor` is a valid id, and a key that every JavaScript object inherits.
export const people = [OWNER, ...admins, 'alice', 'bob', 'carol', 'dave', 'erin', 'constructor'];

/** Parts that are given to a user who fits at that moment; random names alone would seldom meet a matching state. */
const castings = new Map<string, (room: RoomState) => readonly string[]>(
  Object.entries({
    '(owner)': ({ roles }) => [roles.ownerId],
    '(admin)': ({ roles }) => roles.admins,
    '(seated)': ({ seats }) => seats.flatMap(({ occupant }) => (occupant ? [occupant.userId] : [])),
    '(asking)': ({ requests }) => requests.map(({ userId }) => userId),
    '(invited)': ({ invitations }) => invitations.map(({ userId }) => userId),
    '(away)': ({ away }) => Object.keys(away),
  }),
);

/** The user of that name, or one who fits the part; null if nobody fits. */
export function cast(room: RoomState, part: string, turn: number): string | null {
  const fitting = castings.get(part)?.(room);
  return fitting ? (fitting[turn % fitting.length] ?? null) : part;
}

const named = fc.constantFrom(...people);
const either = (part: string, others: fc.Arbitrary<string> = named) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(part) }, { weight: 1, arbitrary: others });
const seated = either('(seated)');
const asking = either('(asking)');
const invited = either('(invited)');
const staff = either('(owner)', fc.constantFrom(...admins, '(admin)', '(admin)', 'service', 'alice'));
const maiwei = fc.constant('system');

const seat = fc.nat({ max: 5 });
const seatMode = fc.constantFrom('request', 'free', 'request', 'invite');
const nothing = fc.constant({});
const any = { requiredKeys: [] };
const onSeat = fc.record({ seat });
const onUser = fc.record({ userId: named });
const userThenSeat = (userId: fc.Arbitrary<string>) => fc.record({ userId, seat }, { requiredKeys: ['userId'] });
const policy = fc.constantFrom('abort', 'replace', 'swap');
const occupant = fc.constantFrom('evict', 'keep', 'fail');
const changes = fc.oneof(
  fc.record({ title: fc.constantFrom('A', 'B') }),
  fc.record({ seatMode }),
  fc.record({ seatCount: fc.constantFrom(0, 2, 3, 4, 5, 6, 6, 6) }),
  fc.record({ passwordHash: fc.constantFrom('hash', null) }),
  fc.record({ seatMode, seatCount: fc.constantFrom(4, 5, 6), title: fc.constant('C') }, any),
);

/** Three bytes per character: one such value fits into a room, two do not. */
const wide = '麦'.repeat(2_000);
const attributeSets = fc.dictionary(fc.constantFrom('a', 'b', 'toString'), fc.constantFrom('1', '2', '', wide));
const attributes = fc.oneof(
  fc.record({ set: attributeSets }),
  fc.record({ set: attributeSets, delete: fc.constantFrom(['a'], ['b', 'toString'], []) }),
);

type Ask = readonly [weight: number, who: fc.Arbitrary<string>, input: fc.Arbitrary<object>];

/** For each command: its weight, its actors and its payloads. */
export const asks: Readonly<Record<StageCommand['name'], Ask>> = {
  'seat:take': [12, named, fc.record({ seat }, any)],
  'seat:leave': [2, seated, nothing],
  'seat:move': [4, seated, onSeat],
  'mic:set': [4, seated, fc.record({ on: fc.boolean() })],
  'seat:pick': [6, staff, fc.record({ userId: seated, seat, policy }, { requiredKeys: ['userId', 'seat'] })],
  'seat:kick': [2, staff, fc.oneof(onSeat, fc.record({ userId: seated }))],
  'seat:lock': [3, staff, fc.record({ seat, occupant }, { requiredKeys: ['seat'] })],
  'seat:unlock': [5, staff, onSeat],
  'seat:mute': [3, staff, onSeat],
  'seat:unmute': [3, staff, onSeat],
  'seats:lock': [1, staff, nothing],
  'seats:unlock': [3, staff, nothing],
  'seats:mute': [1, staff, nothing],
  'seats:unmute': [2, staff, nothing],
  'request:send': [12, named, fc.record({ seat, note: fc.constantFrom('', 'please') }, any)],
  'request:cancel': [2, asking, nothing],
  'request:accept': [5, staff, userThenSeat(asking)],
  'request:reject': [2, staff, fc.record({ userId: asking, note: fc.constant('no') }, { requiredKeys: ['userId'] })],
  'invite:send': [8, staff, userThenSeat(named)],
  'invite:accept': [4, invited, nothing],
  'invite:decline': [2, invited, nothing],
  'invite:cancel': [2, staff, fc.record({ userId: invited })],
  'room:update': [3, staff, changes],
  'room:close': [0.2, staff, nothing],
  'admin:add': [1, staff, onUser],
  'admin:remove': [1, staff, fc.record({ userId: either('(admin)') })],
  'owner:transfer': [1, staff, onUser],
  'room:attributes': [1, staff, attributes],
  'member:kick': [0.5, staff, fc.record({ userId: named, banMs: fc.constantFrom(0, 60_000) })],
  'member:ban': [0.5, staff, fc.record({ userId: named, forMs: fc.constant(60_000) }, { requiredKeys: ['userId'] })],
  'member:unban': [1, staff, fc.record({ userId: named })],
  'member:silence': [0.5, staff, fc.record({ userId: named, forMs: fc.constant(60_000) })],
  'member:unsilence': [1, staff, onUser],
  'member:leave': [2, maiwei, fc.record({ userId: fc.oneof(named, named, either('(owner)')) })],
  'member:drop': [
    6,
    maiwei,
    fc.record({ userId: fc.oneof(seated, asking, invited, either('(owner)'), either('(admin)')) }),
  ],
  'member:return': [5, maiwei, fc.record({ userId: either('(away)') })],
  'room:expire': [0.1, maiwei, nothing],
  'room:sweep': [3, maiwei, nothing],
};
export const isOwn = (name: string): boolean => ownCommandNames.some((own) => own === name);

const waitMs = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(0, 1, 1_000) },
  { weight: 2, arbitrary: fc.constantFrom(20_000, 45_000, 60_000) },
  { weight: 1, arbitrary: fc.constant(600_000) },
);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  ...Object.entries(asks).map(([name, [weight, who, input]]) => ({
    weight: weight * 10,
    arbitrary: fc.record({
      who,
      name: fc.constant(name as StageCommand['name']),
      input,
      waitMs,
    }),
  })),
);

export const anyStory: fc.Arbitrary<Story> = fc.record({
  founding: fc.record({
    seatMode: seatMode as fc.Arbitrary<'free' | 'request' | 'invite'>,
    seatCount: fc.integer({ min: 3, max: 6 }),
    ownerSeat: fc.constantFrom(0, 2, null),
    graceMs: fc.constantFrom(0, 45_000, 300_000),
    priority: fc.boolean(),
    ownerAbsent: fc.constantFrom('keep', 'promote', 'close'),
    // Without admins there may be nobody to follow the owner.
    admins: fc.constantFrom(admins, admins, []),
  }),
  steps: fc.array(anyStep, { maxLength: 80, size: 'max' }),
});

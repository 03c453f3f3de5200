// The stories that the model test tells: a founding and up to forty attempts by random people. Judges nothing.
import fc from 'fast-check';
import type { StageCommand } from '../../src/domain/stage-command.ts';
import { type buildRoom, OWNER, ownCommandNames } from '../support/domain.ts';

/** One thing that somebody tries; `waitMs` passes before. */
export interface Step {
  readonly who: string;
  readonly name: StageCommand['name'];
  readonly input: object;
  readonly waitMs: number;
}
/** A room and what happened in it. */
export interface Story {
  readonly founding: NonNullable<Parameters<typeof buildRoom>[0]>;
  readonly steps: readonly Step[];
}

const admins = ['ada', 'abe'];
// `constructor` is a word that every JavaScript object knows, and a valid id.
export const people = [OWNER, ...admins, 'alice', 'bob', 'carol', 'dave', 'erin', 'constructor'];

const userId = fc.constantFrom(...people);
const seat = fc.nat({ max: 6 });
const seatMode = fc.constantFrom('free' as const, 'request' as const, 'invite' as const);
const nothing = fc.constant({});
const optionally = { requiredKeys: [] };
const session = fc.record({ userId });

/** How often each command is tried, and what with. */
export const asks: Readonly<Record<StageCommand['name'], readonly [weight: number, input: fc.Arbitrary<object>]>> = {
  'seat:take': [8, fc.record({ seat }, optionally)],
  'seat:leave': [3, nothing],
  'seat:move': [4, fc.record({ seat })],
  'mic:set': [4, fc.record({ on: fc.boolean() })],
  'seat:pick': [
    6,
    fc.record(
      { userId, seat, policy: fc.constantFrom('abort', 'replace', 'swap') },
      { requiredKeys: ['userId', 'seat'] },
    ),
  ],
  'seat:kick': [3, fc.oneof(fc.record({ seat }), fc.record({ userId }))],
  'seat:lock': [4, fc.record({ seat, occupant: fc.constantFrom('evict', 'keep', 'fail') }, { requiredKeys: ['seat'] })],
  'seat:unlock': [4, fc.record({ seat })],
  'seat:mute': [3, fc.record({ seat })],
  'seat:unmute': [3, fc.record({ seat })],
  'seats:lock': [1, nothing],
  'seats:unlock': [2, nothing],
  'seats:mute': [1, nothing],
  'seats:unmute': [1, nothing],
  'request:send': [9, fc.record({ seat, note: fc.constantFrom('', 'please') }, optionally)],
  'request:cancel': [2, nothing],
  'request:accept': [6, fc.record({ userId, seat }, { requiredKeys: ['userId'] })],
  'request:reject': [2, fc.record({ userId, note: fc.constant('no') }, { requiredKeys: ['userId'] })],
  'invite:send': [6, fc.record({ userId, seat }, { requiredKeys: ['userId'] })],
  'invite:accept': [4, nothing],
  'invite:decline': [2, nothing],
  'invite:cancel': [2, fc.record({ userId })],
  'room:update': [
    4,
    fc.record(
      { title: fc.constantFrom('A', 'B'), seatMode, seatCount: seat, passwordHash: fc.constantFrom('hash', null) },
      optionally,
    ),
  ],
  'room:close': [0.3, nothing],
  'admin:add': [2, fc.record({ userId })],
  'admin:remove': [1, fc.record({ userId })],
  'owner:transfer': [1, fc.record({ userId })],
  'member:leave': [3, session],
  'member:drop': [6, session],
  'member:return': [5, session],
  'room:sweep': [4, nothing],
};
export const isOwn = (name: string): boolean => ownCommandNames.some((own) => own === name);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  ...Object.entries(asks).map(([name, [weight, input]]) => ({
    weight: weight * 10,
    arbitrary: fc.record({
      who: isOwn(name) ? fc.constant('system') : fc.constantFrom(...people, OWNER, ...admins, 'service'),
      name: fc.constant(name as StageCommand['name']),
      input,
      waitMs: fc.constantFrom(0, 0, 0, 0, 1, 1_000, 20_000, 60_000, 600_000),
    }),
  })),
);
export const anyStory: fc.Arbitrary<Story> = fc.record({
  founding: fc.record({
    seatMode,
    seatCount: fc.integer({ min: 1, max: 6 }),
    ownerSeat: fc.constantFrom(0, 2, null),
    graceMs: fc.constantFrom(0, 45_000, 300_000),
    priority: fc.boolean(),
    admins: fc.constant(admins),
  }),
  steps: fc.array(anyStep, { minLength: 10, maxLength: 60, size: 'max' }),
});

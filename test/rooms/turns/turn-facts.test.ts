// The members and sanctions of a turn, kept true from command to command.
import { expect, test } from 'vitest';
import type { StageEvent } from '../../../src/domain/stage-event.ts';
import type { UserId } from '../../../src/protocol/ids.ts';
import { TurnFacts } from '../../../src/rooms/turns/turn-facts.ts';
import type { MemberRecord } from '../../../src/store/presence-store.ts';
import { aMember } from '../../support/domain.ts';
import { nodeId, userId } from '../../support/stored-room.ts';

const [alice, bob] = [userId('alice'), userId('bob')];
const member = (name: string): MemberRecord => ({ ...aMember(name), nodeId: nodeId('node'), since: 1 });

const factsAbout = (...names: string[]) =>
  new TurnFacts({
    now: 1,
    targets: new Map(names.map((name) => [name, member(name)])),
    sanctions: { banned: new Set<UserId>([bob]), silenced: new Set<UserId>(), bans: 1, silences: 0 },
  });
const event = (type: string, user: UserId, more: object = {}): StageEvent =>
  ({ type, by: 'owner', at: 1, userId: user, ...more }) as unknown as StageEvent;
const stateOf = (facts: TurnFacts, user: UserId) => ({
  isOver: facts.isOver(user),
  hasLeft: facts.hasLeft(user),
  hasDropped: facts.hasDropped(user),
  isMember: facts.member(user) !== null,
});

test('[D2] a member stays a member as long as no command ends the session', () => {
  const facts = factsAbout('alice');
  facts.onEvents([event('seat.muted', alice)]);
  expect(stateOf(facts, alice)).toEqual({ isOver: false, hasLeft: false, hasDropped: false, isMember: true });
  expect([facts.member(userId('stranger')), facts.hasDropped(null)]).toEqual([null, false]);
});

test('[PRES-1][ROOM-3] a drop ends the session and not the membership; a leave ends both, also after a drop', () => {
  const facts = factsAbout('alice', 'bob');
  facts.onEvents([event('member.away', alice), event('member.left', bob)]);
  expect(stateOf(facts, alice)).toEqual({ isOver: true, hasLeft: false, hasDropped: true, isMember: false });
  expect(stateOf(facts, bob)).toEqual({ isOver: true, hasLeft: true, hasDropped: false, isMember: false });
  facts.onEvents([event('member.left', alice)]);
  expect(stateOf(facts, alice)).toEqual({ isOver: true, hasLeft: true, hasDropped: false, isMember: false });
});

test('[PRES-6] bans and silences of the turn count at once, and each user counts once', () => {
  const facts = factsAbout();
  facts.onEvents([event('member.banned', alice), event('member.banned', bob), event('member.silenced', alice)]);
  expect(facts.sanctionsOf(alice)).toEqual({ isBanned: true, isSilenced: true, bans: 2, silences: 1 });
  facts.onEvents([event('member.unbanned', bob), event('member.unbanned', bob)]);
  expect(facts.sanctionsOf(bob)).toEqual({ isBanned: false, isSilenced: false, bans: 1, silences: 1 });
  expect(facts.sanctionsOf(null)).toEqual({ isBanned: false, isSilenced: false, bans: 1, silences: 1 });
});

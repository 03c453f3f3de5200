// A sequence of commits in which every event of the wire happens at least once, for tests that fold events.
import type { RoomState } from '../../src/domain/room.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import { buildRoom, OWNER, Play } from './domain.ts';

interface Story {
  readonly first: RoomState;
  /** Each commit, and the room after it. */
  readonly commits: readonly { readonly events: readonly StageEvent[]; readonly state: RoomState }[];
  readonly last: RoomState;
}

export function story(): Story {
  const first = buildRoom({ admins: ['ada'], seatCount: 6 });
  const play = new Play(first);
  const commits: { events: readonly StageEvent[]; state: RoomState }[] = [];
  const accept: Play['accept'] = (...args) => {
    const decision = play.wait(1).accept(...args);
    commits.push({ events: decision.events, state: play.room });
    return decision;
  };
  accept(OWNER, 'room:update', { title: 'Evening', passwordHash: 'hash-of-it' });
  accept('alice', 'request:send', { seat: 3 });
  accept('bob', 'request:send', { seat: 2 });
  accept('alice', 'request:send', { seat: 4 });
  accept(OWNER, 'request:accept', { userId: 'alice' });
  accept('ada', 'invite:send', { userId: 'carol', seat: 2 });
  accept(OWNER, 'seat:lock', { seat: 2 });
  accept(OWNER, 'seat:unlock', { seat: 2 });
  accept('ada', 'seat:take', { seat: 5 });
  accept('ada', 'seat:mute', { seat: 4 });
  accept('ada', 'seat:pick', { userId: 'alice', seat: 1 });
  accept(OWNER, 'seat:pick', { userId: 'alice', seat: 5, policy: 'swap' });
  accept('ada', 'seat:unmute', { seat: 4 });
  accept('alice', 'mic:set', { on: false });
  accept('system', 'member:drop', { userId: 'alice', fence: 1 });
  accept('system', 'member:return', { userId: 'alice', fence: 2 });
  accept('ada', 'room:attributes', { set: { theme: 'blue', mood: 'calm' } });
  accept(OWNER, 'room:attributes', { set: { theme: 'red' }, delete: ['mood'] });
  accept('ada', 'member:silence', { userId: 'bob', forMs: 1_000 });
  accept('ada', 'member:ban', { userId: 'zed' });
  accept('ada', 'member:kick', { userId: 'erin' });
  play.sanctioned({ isBanned: true, isSilenced: true });
  accept('ada', 'member:unsilence', { userId: 'bob' });
  accept('ada', 'member:unban', { userId: 'zed' });
  accept(OWNER, 'room:update', { seatCount: 5 });
  accept(OWNER, 'room:update', { seatCount: 7, seatMode: 'free' });
  accept(OWNER, 'owner:transfer', { userId: 'ada' });
  accept('ada', 'admin:remove', { userId: OWNER });
  accept('ada', 'invite:send', { userId: 'dave' });
  accept('system', 'member:leave', { userId: 'bob', fence: 1 });
  accept('ada', 'room:close', {});
  return { first, commits, last: play.room };
}

// Room attributes: the last writer of a key wins, events name only differences, and the total is bounded (ROOM-5).
import { describe, expect, test } from 'vitest';
import { buildRoom, OWNER, Play, START } from '../support/domain.ts';

const aRoom = (attributes: Record<string, string> = {}): Play => new Play(buildRoom({ attributes, admins: ['ada'] }));
const changed = (by: string, set: object, deleted: string[] = []) => [
  { type: 'attributes.changed', by, at: START, set, deleted },
];
const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, '']));

describe('[ROOM-5] the event attributes.changed', () => {
  test('names the keys that are set and those that are deleted, in one event', () => {
    const play = aRoom({ a: '1', b: '2' });
    const { events } = play.accept('ada', 'room:attributes', { set: { a: '9', c: '3' }, delete: ['b'] });
    expect(events).toEqual(changed('ada', { a: '9', c: '3' }, ['b']));
    expect(play.room.attributes).toEqual({ a: '9', c: '3' });
  });

  test('leaves out values that do not change and keys that do not exist', () => {
    const play = aRoom({ a: '1' });
    const { events } = play.accept(OWNER, 'room:attributes', { set: { a: '1', b: '2' }, delete: ['none', 'none'] });
    expect(events).toEqual(changed(OWNER, { b: '2' }));
  });

  test('does not occur without a difference', () => {
    const play = aRoom({ a: '1' });
    expect(play.accept('ada', 'room:attributes', { set: { a: '1' } }).events).toEqual([]);
    expect(play.accept('ada', 'room:attributes', { delete: ['b'] }).events).toEqual([]);
    expect(play.accept('ada', 'room:attributes', { set: {}, delete: [] }).events).toEqual([]);
  });

  test('a key in both lists is set; with the value that it has, nothing happens to it', () => {
    const play = aRoom({ a: '1', b: '2' });
    expect(play.accept('ada', 'room:attributes', { set: { a: '9' }, delete: ['a'] }).events).toEqual(
      changed('ada', { a: '9' }),
    );
    expect(play.accept('ada', 'room:attributes', { set: { b: '2' }, delete: ['b'] }).events).toEqual([]);
    expect(play.room.attributes).toEqual({ a: '9', b: '2' });
  });

  test('a key named twice is deleted once', () => {
    const { events } = aRoom({ a: '1' }).accept('ada', 'room:attributes', { delete: ['a', 'a'] });
    expect(events).toEqual(changed('ada', {}, ['a']));
  });

  test('the last writer of a key wins, staff or service', () => {
    const play = aRoom();
    for (const [who, value] of [
      ['ada', '1'],
      [OWNER, '2'],
      ['service', '3'],
    ] as const) {
      play.accept(who, 'room:attributes', { set: { theme: value } });
    }
    expect(play.room.attributes).toEqual({ theme: '3' });
  });
});

describe('[ROOM-5] limits', () => {
  const tooLarge = { code: 'PAYLOAD_TOO_LARGE', details: { keysMax: 32, bytesMax: 8 * 1024 } };

  test('32 keys in all, not counting those that the same command deletes', () => {
    const play = aRoom(many(32));
    expect(play.refuse('ada', 'room:attributes', { set: { more: '' } })).toEqual(tooLarge);
    play.accept('ada', 'room:attributes', { set: { more: '' }, delete: ['k0'] });
    play.accept('ada', 'room:attributes', { set: { more: 'x', k1: 'y' } });
    expect(Object.keys(play.room.attributes)).toHaveLength(32);
  });

  test('8 KiB of keys and values in UTF-8, to the byte', () => {
    const exact = '麦'.repeat(2_729);
    // The key's 5 bytes, 3 bytes a character: 5 + 3 × 2,729 = 8,192.
    const play = aRoom();
    expect(play.refuse('ada', 'room:attributes', { set: { 'k-234': `${exact}x` } })).toEqual(tooLarge);
    play.accept('ada', 'room:attributes', { set: { 'k-234': exact } });
    expect(play.refuse('ada', 'room:attributes', { set: { a: '' } })).toEqual(tooLarge);
    play.accept('ada', 'room:attributes', { set: { a: '' }, delete: ['k-234'] });
    expect(play.room.attributes).toEqual({ a: '' });
  });

  test('a refused command changes nothing, not even the keys that would have fitted', () => {
    const play = aRoom(many(32));
    play.refuse('ada', 'room:attributes', { set: { k1: 'changed', k99: 'new' } });
    expect(play.room.attributes).toEqual(many(32));
  });
});

test('[ROOM-5] names that every object inherits are keys like any other', () => {
  const play = aRoom();
  expect(play.accept('ada', 'room:attributes', { delete: ['toString', 'valueOf'] }).events).toEqual([]);
  play.accept('ada', 'room:attributes', { set: { toString: 'x', valueOf: '' } });
  expect(Object.entries(play.room.attributes)).toEqual([
    ['toString', 'x'],
    ['valueOf', ''],
  ]);
  play.accept('ada', 'room:attributes', { delete: ['toString'] });
  expect(Object.keys(play.room.attributes)).toEqual(['valueOf']);
});

test('[ROOM-5][ROLE-1] members may not write attributes; in a closed room nobody may', () => {
  const play = aRoom();
  expect(play.refuse('alice', 'room:attributes', { set: { a: '1' } }).code).toBe('FORBIDDEN');
  play.accept(OWNER, 'room:close');
  expect(play.refuse('service', 'room:attributes', { set: { a: '1' } }).code).toBe('ROOM_CLOSED');
});

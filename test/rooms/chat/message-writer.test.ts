// Who may say what: the setting chat, silences, deleting, signals, the app's backend.
import { beforeEach, describe, expect, test } from 'vitest';
import { type Command, commandSchemas, type PayloadInput } from '../../../src/protocol/commands.ts';
import type { MessageId } from '../../../src/protocol/ids.ts';
import { type MessageCommandName, messageAsServiceSchema } from '../../../src/protocol/messages.ts';
import { inRoom, messagesOf, say, textsOf, trySay, useTalkScene } from '../../scenes/message-scene.ts';
import type { Interposed } from '../../support/interposed.ts';
import { type ManualClock, settleMicrotasks } from '../../support/manual-clock.ts';
import type { Person, RoomNode } from '../../support/room-node.ts';
import { roomId } from '../../support/stored-room.ts';

let clock: ManualClock;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;
let alice: Person;
let bob: Person;

const scene = useTalkScene();
beforeEach(() => {
  ({ clock, seam, here, there, owner, alice, bob } = scene());
});

describe('the setting chat', () => {
  const chatIs = (chat: 'all' | 'seated' | 'off') => owner.do('room:update', { ...inRoom, chat });

  test('[MSG-3] off: only staff writes; gifts, reactions and custom messages go on', async () => {
    await chatIs('off');
    await settleMicrotasks();
    expect(await trySay(alice, 'x')).toMatchObject({ rejection: { code: 'FORBIDDEN', details: { chat: 'off' } } });
    expect(await alice.refusal('message:send', { ...inRoom, kind: 'gift', body: {} })).toBeNull();
    expect((await trySay(owner, 'x')).ok).toBe(true);
    await owner.do('admin:add', { ...inRoom, userId: 'alice' });
    expect((await trySay(alice, 'x')).ok).toBe(true);
  });

  test('[MSG-3] seated: who sits may write', async () => {
    await chatIs('seated');
    expect(await trySay(bob, 'x')).toMatchObject({ rejection: { code: 'FORBIDDEN', details: { chat: 'seated' } } });
    await bob.do('seat:take', { ...inRoom, seat: 2 });
    expect((await trySay(bob, 'x')).ok).toBe(true);
    await bob.do('seat:leave', inRoom);
    expect((await trySay(bob, 'x')).ok).toBe(false);
  });

  test('[MSG-3][PRES-6] a silenced member is refused whatever he says, until he may speak again', async () => {
    await owner.do('member:silence', { ...inRoom, userId: 'alice', forMs: 60_000 });
    const until = clock.now() + 60_000;
    expect(await trySay(alice, 'x')).toMatchObject({ rejection: { code: 'SILENCED', details: { until } } });
    expect(await alice.refusal('message:send', { ...inRoom, kind: 'gift', body: {} })).toBe('SILENCED');
    expect(await alice.refusal('signal:send', { ...inRoom, to: 'bob', data: 1 })).toBeNull();
    await owner.do('member:unsilence', { ...inRoom, userId: 'alice' });
    expect((await trySay(alice, 'x')).ok).toBe(true);
    await owner.do('member:silence', { ...inRoom, userId: 'alice', forMs: 60_000 });
    await clock.advance(60_000);
    expect((await trySay(alice, 'y')).ok).toBe(true);
    await settleMicrotasks();
    expect(textsOf(bob)).toEqual(['x', 'y']);
  });

  test('[MSG-3] nobody is refused on stale grounds, and the order stays', async () => {
    await chatIs('off');
    await settleMicrotasks();
    seam.loseNews(1);
    await chatIs('all');
    expect(await Promise.all(['1', '2', '3'].map((text) => trySay(alice, text)))).toMatchObject(
      Array(3).fill({ ok: true }),
    );
    await settleMicrotasks();
    expect(textsOf(bob)).toEqual(['1', '2', '3']);
  });
});

describe('deleting', () => {
  test('[MSG-6] one deletes his own message, staff anybody’s, and everybody is told', async () => {
    const mine = await say(alice, 'mine');
    const his = await say(bob, 'his');
    const refused = await alice.try('message:delete', { ...inRoom, messageId: his.messageId });
    expect(refused).toMatchObject({ rejection: { code: 'FORBIDDEN', details: { messageId: his.messageId } } });
    expect(await alice.do('message:delete', { ...inRoom, messageId: mine.messageId })).toEqual({});
    await owner.do('message:delete', { ...inRoom, messageId: his.messageId });
    await settleMicrotasks();
    for (const person of [owner, alice, bob]) {
      expect(person.heardOf('message:deleted')).toEqual([
        { ...inRoom, messageId: mine.messageId, by: 'alice' },
        { ...inRoom, messageId: his.messageId, by: 'owner' },
      ]);
    }
  });

  test('[MSG-6] what is not kept is unknown to a member; staff’s word goes out all the same', async () => {
    const gift = await alice.do('message:send', { ...inRoom, kind: 'gift', body: {} });
    const refused = await alice.try('message:delete', { ...inRoom, messageId: gift.messageId });
    expect(refused).toMatchObject({ rejection: { code: 'TARGET_NOT_FOUND', details: { messageId: gift.messageId } } });
    await owner.do('message:delete', { ...inRoom, messageId: gift.messageId });
    await settleMicrotasks();
    expect(alice.heardOf('message:deleted')).toEqual([{ ...inRoom, messageId: gift.messageId, by: 'owner' }]);
  });

  test('[MSG-6] who has just become staff may delete, although his node has not heard of it', async () => {
    const his = await say(bob, 'his');
    seam.loseNews(1);
    await owner.do('admin:add', { ...inRoom, userId: 'alice' });
    expect(await alice.refusal('message:delete', { ...inRoom, messageId: his.messageId })).toBeNull();
  });
});

describe('signals', () => {
  test('[MSG-4] reach the one they are for, on whichever node, and nobody else', async () => {
    expect(await alice.do('signal:send', { ...inRoom, to: 'bob', data: { sdp: 'v=0' } })).toEqual({});
    await bob.do('signal:send', { ...inRoom, to: 'alice', data: null });
    await settleMicrotasks();
    expect(bob.heardOf('signal')).toEqual([{ ...inRoom, from: 'alice', data: { sdp: 'v=0' } }]);
    expect(alice.heardOf('signal')).toEqual([{ ...inRoom, from: 'bob', data: null }]);
    expect(owner.heardOf('signal')).toEqual([]);
  });

  test('[MSG-4] need an addressee who is a member', async () => {
    const refused = await alice.try('signal:send', { ...inRoom, to: 'nobody', data: 1 });
    expect(refused).toMatchObject({ rejection: { code: 'TARGET_NOT_FOUND', details: { userId: 'nobody' } } });
  });
});

describe('services', () => {
  test('[MSG-5] speak to a room in which they are not, under a name of their choice, whatever its chat setting', async () => {
    await owner.do('room:update', { ...inRoom, chat: 'off' });
    const saying = messageAsServiceSchema.parse({ kind: 'chat', body: { text: '欢迎' }, from: { name: '小助手' } });
    const outcome = await there.service.writeAsService(roomId('r1'), saying);
    expect(outcome).toMatchObject({ ok: true, data: { messageId: expect.any(String), at: clock.now() } });
    await settleMicrotasks();
    const from = { userId: 'service', name: '小助手', avatar: '' };
    expect(messagesOf(alice)).toMatchObject([{ from, body: { text: '欢迎' } }]);
    const messageId = (outcome.ok ? outcome.data.messageId : '') as MessageId;
    expect(await bob.refusal('message:delete', { ...inRoom, messageId })).toBe('FORBIDDEN');
    expect(await byService('message:delete', { ...inRoom, messageId })).toEqual({ ok: true, data: {} });
    await settleMicrotasks();
    expect(alice.heardOf('message:deleted')).toEqual([{ ...inRoom, messageId, by: 'service' }]);
  });

  test('[MSG-5][ACK-2] use the members’ commands, but have nobody to signal from', async () => {
    const gift = { ...inRoom, kind: 'gift' as const, body: { id: 'rose' }, commandId: 'c1' };
    const first = await byService('message:send', gift);
    expect(first.ok).toBe(true);
    expect(await byService('message:send', gift)).toEqual(first);
    await settleMicrotasks();
    expect(messagesOf(bob)).toMatchObject([{ kind: 'gift', from: { userId: 'service', name: 'service', avatar: '' } }]);
    expect(await byService('signal:send', { ...inRoom, to: 'bob', data: 1 })).toMatchObject({
      rejection: { code: 'FORBIDDEN' },
    });
  });

  test('[MSG-5] are told when the room is closed or never was', async () => {
    const saying = { kind: 'gift' as const, body: {} };
    expect(await here.service.writeAsService(roomId('none'), saying)).toMatchObject({
      rejection: { code: 'ROOM_NOT_FOUND' },
    });
    await owner.do('room:close', inRoom);
    expect(await here.service.writeAsService(roomId('r1'), saying)).toMatchObject({
      rejection: { code: 'ROOM_CLOSED' },
    });
  });

  const byService = <Name extends MessageCommandName>(name: Name, payload: PayloadInput<Name>) =>
    here.service.executeAsService({ name, payload: commandSchemas[name].parse(payload) } as Command);
});

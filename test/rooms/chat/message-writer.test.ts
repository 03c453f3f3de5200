// Which messages a member may send: the setting chat, silences, deletions, signals, and the app's backend.
import { beforeEach, describe, expect, test } from 'vitest';
import { type Command, commandSchemas, type PayloadInput } from '../../../src/protocol/commands.ts';
import type { MessageId } from '../../../src/protocol/ids.ts';
import { type MessageCommandName, messageAsServiceSchema } from '../../../src/protocol/messages.ts';
import { inRoom, messagesOf, sendChat, textsOf, trySendChat, useMessageScene } from '../../scenes/message-scene.ts';
import type { Interposed } from '../../support/interposed.ts';
import { type ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import type { Person, RoomNode } from '../../support/room-node.ts';
import { roomId } from '../../support/stored-room.ts';

let clock: ManualClock;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;
let alice: Person;
let bob: Person;

const scene = useMessageScene();
beforeEach(() => {
  ({ clock, seam, here, there, owner, alice, bob } = scene());
});

describe('the setting chat', () => {
  const setChat = (chat: 'all' | 'seated' | 'off') => owner.do('room:update', { ...inRoom, chat });

  test('[MSG-3] off: only staff may chat; gifts, reactions and custom messages stay allowed', async () => {
    await setChat('off');
    await runMicrotasks();
    expect(await trySendChat(alice, 'x')).toMatchObject({ rejection: { code: 'FORBIDDEN', details: { chat: 'off' } } });
    expect(await alice.refusal('message:send', { ...inRoom, kind: 'gift', body: {} })).toBeNull();
    expect((await trySendChat(owner, 'x')).ok).toBe(true);
    await owner.do('admin:add', { ...inRoom, userId: 'alice' });
    expect((await trySendChat(alice, 'x')).ok).toBe(true);
  });

  test('[MSG-3] seated: members on seats may chat', async () => {
    await setChat('seated');
    expect(await trySendChat(bob, 'x')).toMatchObject({
      rejection: { code: 'FORBIDDEN', details: { chat: 'seated' } },
    });
    await bob.do('seat:take', { ...inRoom, seat: 2 });
    expect((await trySendChat(bob, 'x')).ok).toBe(true);
    await bob.do('seat:leave', inRoom);
    expect((await trySendChat(bob, 'x')).ok).toBe(false);
  });

  test('[MSG-3][PRES-6] every message of a silenced member is refused, until the silence ends', async () => {
    await owner.do('member:silence', { ...inRoom, userId: 'alice', forMs: 60_000 });
    const until = clock.now() + 60_000;
    expect(await trySendChat(alice, 'x')).toMatchObject({ rejection: { code: 'SILENCED', details: { until } } });
    expect(await alice.refusal('message:send', { ...inRoom, kind: 'gift', body: {} })).toBe('SILENCED');
    expect(await alice.refusal('signal:send', { ...inRoom, to: 'bob', data: 1 })).toBeNull();
    await owner.do('member:unsilence', { ...inRoom, userId: 'alice' });
    expect((await trySendChat(alice, 'x')).ok).toBe(true);
    await owner.do('member:silence', { ...inRoom, userId: 'alice', forMs: 60_000 });
    await clock.advance(60_000);
    expect((await trySendChat(alice, 'y')).ok).toBe(true);
    await runMicrotasks();
    expect(textsOf(bob)).toEqual(['x', 'y']);
  });

  test('[MSG-3] no message is refused because of an outdated copy, and the order stays', async () => {
    await setChat('off');
    await runMicrotasks();
    seam.loseNews(1);
    await setChat('all');
    expect(await Promise.all(['1', '2', '3'].map((text) => trySendChat(alice, text)))).toMatchObject(
      Array(3).fill({ ok: true }),
    );
    await runMicrotasks();
    expect(textsOf(bob)).toEqual(['1', '2', '3']);
  });
});

describe('deleting', () => {
  test('[MSG-6] members delete their own messages, staff deletes any, and everybody is told', async () => {
    const mine = await sendChat(alice, 'mine');
    const bobs = await sendChat(bob, 'of bob');
    const refused = await alice.try('message:delete', { ...inRoom, messageId: bobs.messageId });
    expect(refused).toMatchObject({ rejection: { code: 'FORBIDDEN', details: { messageId: bobs.messageId } } });
    expect(await alice.do('message:delete', { ...inRoom, messageId: mine.messageId })).toEqual({});
    await owner.do('message:delete', { ...inRoom, messageId: bobs.messageId });
    await runMicrotasks();
    for (const person of [owner, alice, bob]) {
      expect(person.payloadsOf('message:deleted')).toEqual([
        { ...inRoom, messageId: mine.messageId, by: 'alice' },
        { ...inRoom, messageId: bobs.messageId, by: 'owner' },
      ]);
    }
  });

  test('[MSG-6] members cannot delete a message that is not kept; the deletion of staff goes out all the same', async () => {
    const gift = await alice.do('message:send', { ...inRoom, kind: 'gift', body: {} });
    const refused = await alice.try('message:delete', { ...inRoom, messageId: gift.messageId });
    expect(refused).toMatchObject({ rejection: { code: 'TARGET_NOT_FOUND', details: { messageId: gift.messageId } } });
    await owner.do('message:delete', { ...inRoom, messageId: gift.messageId });
    await runMicrotasks();
    expect(alice.payloadsOf('message:deleted')).toEqual([{ ...inRoom, messageId: gift.messageId, by: 'owner' }]);
  });

  test('[MSG-6] a new admin may delete, although the node has not received the news yet', async () => {
    const bobs = await sendChat(bob, 'of bob');
    seam.loseNews(1);
    await owner.do('admin:add', { ...inRoom, userId: 'alice' });
    expect(await alice.refusal('message:delete', { ...inRoom, messageId: bobs.messageId })).toBeNull();
  });
});

describe('signals', () => {
  test('[MSG-4] reach their addressee on any node, and nobody else', async () => {
    expect(await alice.do('signal:send', { ...inRoom, to: 'bob', data: { sdp: 'v=0' } })).toEqual({});
    await bob.do('signal:send', { ...inRoom, to: 'alice', data: null });
    await runMicrotasks();
    expect(bob.payloadsOf('signal')).toEqual([{ ...inRoom, from: 'alice', data: { sdp: 'v=0' } }]);
    expect(alice.payloadsOf('signal')).toEqual([{ ...inRoom, from: 'bob', data: null }]);
    expect(owner.payloadsOf('signal')).toEqual([]);
  });

  test('[MSG-4] need an addressee who is a member', async () => {
    const refused = await alice.try('signal:send', { ...inRoom, to: 'nobody', data: 1 });
    expect(refused).toMatchObject({ rejection: { code: 'TARGET_NOT_FOUND', details: { userId: 'nobody' } } });
  });
});

describe('a service', () => {
  test('[MSG-5] writes to a room without being a member, under a name of its choice, whatever the chat setting', async () => {
    await owner.do('room:update', { ...inRoom, chat: 'off' });
    const message = messageAsServiceSchema.parse({ kind: 'chat', body: { text: '欢迎' }, from: { name: '小助手' } });
    const outcome = await there.service.writeAsService(roomId('r1'), message);
    expect(outcome).toMatchObject({ ok: true, data: { messageId: expect.any(String), at: clock.now() } });
    await runMicrotasks();
    const from = { userId: 'service', name: '小助手', avatar: '' };
    expect(messagesOf(alice)).toMatchObject([{ from, body: { text: '欢迎' } }]);
    const messageId = (outcome.ok ? outcome.data.messageId : '') as MessageId;
    expect(await bob.refusal('message:delete', { ...inRoom, messageId })).toBe('FORBIDDEN');
    expect(await byService('message:delete', { ...inRoom, messageId })).toEqual({ ok: true, data: {} });
    await runMicrotasks();
    expect(alice.payloadsOf('message:deleted')).toEqual([{ ...inRoom, messageId, by: 'service' }]);
  });

  test('[MSG-5][ACK-2] gives the commands of members, but cannot send signals', async () => {
    const gift = { ...inRoom, kind: 'gift' as const, body: { id: 'rose' }, commandId: 'c1' };
    const first = await byService('message:send', gift);
    expect(first.ok).toBe(true);
    expect(await byService('message:send', gift)).toEqual(first);
    await runMicrotasks();
    expect(messagesOf(bob)).toMatchObject([{ kind: 'gift', from: { userId: 'service', name: 'service', avatar: '' } }]);
    expect(await byService('signal:send', { ...inRoom, to: 'bob', data: 1 })).toMatchObject({
      rejection: { code: 'FORBIDDEN' },
    });
  });

  test('[MSG-5] is refused when the room is closed or does not exist', async () => {
    const message = { kind: 'gift' as const, body: {} };
    expect(await here.service.writeAsService(roomId('none'), message)).toMatchObject({
      rejection: { code: 'ROOM_NOT_FOUND' },
    });
    await owner.do('room:close', inRoom);
    expect(await here.service.writeAsService(roomId('r1'), message)).toMatchObject({
      rejection: { code: 'ROOM_CLOSED' },
    });
  });

  const byService = <Name extends MessageCommandName>(name: Name, payload: PayloadInput<Name>) =>
    here.service.executeAsService({ name, payload: commandSchemas[name].parse(payload) } as Command);
});

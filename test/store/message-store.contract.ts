// The message store's contract, run against every engine. The clauses [M1]…[M5] are in src/store/message-store.ts.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomNews } from '../../src/feed/room-feed.ts';
import type { MessageId, RoomId } from '../../src/protocol/ids.ts';
import { MESSAGES_KEPT, type NewMessage } from '../../src/store/message-store.ts';
import type { MemberRecord } from '../../src/store/presence-store.ts';
import type { StoredRoom } from '../../src/store/room-store.ts';
import { aCommit, aJoining, aStoredRoom, joined, roomId, uniqueId, userId } from '../support/stored-room.ts';

export const aMessageId = (): MessageId => uniqueId('m') as MessageId;

const from = (member: MemberRecord) => ({ userId: member.userId, name: member.name, avatar: member.avatar });

export function aChat(member: MemberRecord, text: string, more: Partial<NewMessage> = {}): NewMessage {
  const messageId = aMessageId();
  const message = { kind: 'chat' as const, messageId, from: from(member), body: { text } };
  return { session: member, key: null, messageId, message, rank: 'plain', ...more };
}

export function aGift(member: MemberRecord, body: Record<string, unknown>): NewMessage {
  const messageId = aMessageId();
  const message = { kind: 'gift' as const, messageId, from: from(member), body };
  return { session: member, key: null, messageId, message, rank: 'always' };
}

export const aReaction = (member: MemberRecord, key: string, count: number): NewMessage => ({
  session: member,
  key: null,
  messageId: aMessageId(),
  message: { kind: 'reaction', key, count },
  rank: 'plain',
});

export function messageStoreContract(engine: () => Engines): void {
  let id: RoomId;
  let room: StoredRoom;
  let alice: MemberRecord;
  let bob: MemberRecord;
  const messages = () => engine().messages;
  const messagesIn = (news?: RoomNews) =>
    news?.kind === 'messages'
      ? news.messages.map((one) => (one.kind === 'summed' ? one : (JSON.parse(one.json) as unknown)))
      : [];
  const texts = async () =>
    (await messages().recent(id)).map((kept) => ('message' in kept ? kept.message.body.text : `-${kept.deletedBy}`));
  const say = async (saying: NewMessage) => (await messages().write(id, [saying]))[0];

  /** The messages that the feed announces from now on. */
  async function messageNews(): Promise<RoomNews[]> {
    const received: RoomNews[] = [];
    const listener = {
      onNews: (news: RoomNews) => {
        if (news.kind !== 'audience' && news.kind !== 'commit') received.push(news);
      },
      onPossibleGap: () => undefined,
    };
    await engine().feed.subscribe(id, listener);
    return received;
  }

  beforeEach(async () => {
    id = roomId(uniqueId('room'));
    room = aStoredRoom(engine().store, id);
    await engine().store.create(room, null);
    alice = await joined(engine().presence, id, aJoining('alice', { name: '爱丽丝 | "A"' }));
    bob = await joined(engine().presence, id, aJoining('bob'));
  });

  test('[MSG-1] a batch is announced in one piece and in order, with the time of the store', async () => {
    const received = await messageNews();
    const before = engine().store.now();
    const sayings = [
      aChat(alice, '你好\u2028"\\|'),
      aGift(bob, { id: 'rose', nested: [1, 2.5, { deep: null }] }),
      aChat(alice, '2'),
    ];
    const results = await messages().write(id, sayings);
    await expect.poll(() => received.length).toBe(1);
    const ats = results.map((result) => (result.status === 'said' ? result.at : -1));
    for (const at of ats) expect(Math.abs(at - before)).toBeLessThan(1_000);
    expect(received).toHaveLength(1);
    expect(messagesIn(received[0])).toEqual(sayings.map(({ message }, index) => ({ ...message, at: ats[index] })));
    // The finished text, and beside it the fields that nodes need.
    expect(received[0]).toMatchObject({
      messages: sayings.map(({ messageId }, index) => ({
        kind: index === 1 ? 'told' : 'kept',
        messageId,
        userId: index === 1 ? 'bob' : 'alice',
      })),
    });
  });

  test('[MSG-2] reactions of a batch are summed for each key, behind the rest', async () => {
    const received = await messageNews();
    const chat = aChat(bob, 'hi');
    await messages().write(id, [
      aReaction(alice, '❤"', 3),
      aReaction(bob, 'clap', 1),
      chat,
      aReaction(bob, '❤"', 4),
      aReaction({ ...bob, fence: 1 }, 'clap', 50),
    ]);
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]).toMatchObject({
      messages: [
        { messageId: chat.messageId },
        { kind: 'summed', key: '❤"', count: 7 },
        { kind: 'summed', key: 'clap', count: 1 },
      ],
    });
  });

  test('[MSG-3] the newest 200 chat messages are kept, oldest first; nothing else is', async () => {
    await messages().write(id, [aGift(bob, {}), aReaction(bob, 'clap', 1)]);
    expect(await messages().recent(id)).toEqual([]);
    const first = aChat(alice, 'first');
    const [result] = await messages().write(id, [first]);
    const at = result?.status === 'said' ? result.at : -1;
    expect(await messages().recent(id)).toEqual([
      { messageId: first.messageId, userId: 'alice', message: { ...first.message, at } },
    ]);
    const many = Array.from({ length: MESSAGES_KEPT + 5 }, (_, index) => aChat(alice, `${index}`));
    for (let index = 0; index < many.length; index += 100) await messages().write(id, many.slice(index, index + 100));
    expect(await texts()).toEqual(many.slice(-MESSAGES_KEPT).map((_, index) => `${index + 5}`));
  });

  test('[M1] a sender without this session is refused; the others of the batch are not', async () => {
    const received = await messageNews();
    const old = bob;
    const current = await joined(engine().presence, id, aJoining('bob'));
    await engine().presence.leave(id, alice);
    const results = await messages().write(id, [aChat(alice, 'gone'), aChat(old, 'old'), aChat(current, 'here')]);
    expect(results.map(({ status }) => status)).toEqual(['gone', 'gone', 'said']);
    await expect.poll(() => received.length).toBe(1);
    expect(received.map(messagesIn)).toMatchObject([[{ body: { text: 'here' } }]]);
    expect(await messages().write(id, [aChat(alice, 'again')])).toEqual([{ status: 'gone' }]);
    expect(await texts()).toEqual(['here']);
  });

  test('[ACK-2] the same command is written once, in one batch and in later ones, in any session', async () => {
    const key = { userId: 'alice', commandId: 'c1' };
    const [first, again] = await messages().write(id, [aChat(alice, 'once', { key }), aChat(alice, 'twice', { key })]);
    expect(first?.status).toBe('said');
    const later = await say(aChat({ ...alice, fence: 1 }, 'thrice', { key }));
    for (const repeated of [again, later]) {
      if (repeated?.status !== 'answered') throw new Error(`not answered but ${repeated?.status}`);
      expect(repeated.answer).toMatchObject({ ...key, command: 'message:send' });
      const [kept] = await messages().recent(id);
      expect(JSON.parse(repeated.answer.answer)).toEqual({
        messageId: kept?.messageId,
        at: first?.status === 'said' && first.at,
      });
    }
    expect(await texts()).toEqual(['once']);
    expect(await engine().store.recall(id, key)).toMatchObject({ command: 'message:send' });
  });

  test('[ACK-2] an id counts for its own command, and a refusal is not remembered', async () => {
    const key = { userId: 'alice', commandId: 'c1' };
    expect(await say(aChat({ ...alice, fence: 1 }, 'no', { key }))).toEqual({ status: 'gone' });
    expect(await engine().store.recall(id, key)).toBeNull();
    const said = aChat(alice, 'yes', { key });
    await say(said);
    const deletion = { session: alice, key, messageId: said.messageId, by: 'alice', scope: 'own' as const };
    expect(await messages().delete(id, deletion)).toMatchObject({
      status: 'answered',
      answer: { command: 'message:send' },
    });
    expect(await texts()).toEqual(['yes']);
  });

  test('[M1][MSG-3] a silenced user is told until when; their earlier answers are still remembered', async () => {
    const { store } = engine();
    const before = aChat(alice, 'before', { key: { userId: 'alice', commandId: 'c1' } });
    await say(before);
    const silenced = (until: number) => ({
      type: 'member.silenced' as const,
      by: 'owner',
      at: store.now(),
      userId: alice.userId,
      until,
    });
    const until = store.now() + 60_000;
    const first = aCommit(store, room, { events: [silenced(until)] });
    expect((await store.commit(first)).status).toBe('committed');
    const results = await messages().write(id, [aChat(alice, 'x'), before, aChat(bob, 'y')]);
    expect(results).toMatchObject([{ status: 'silenced', until }, { status: 'answered' }, { status: 'said' }]);
    const deletion = { session: alice, key: null, messageId: before.messageId, by: 'alice', scope: 'own' as const };
    expect(await messages().delete(id, deletion)).toEqual({ status: 'deleted' });
    await store.commit(aCommit(store, first.change?.after ?? room, { events: [silenced(store.now() - 1)] }));
    expect(await say(aChat(alice, 'again'))).toMatchObject({ status: 'said' });
  });

  test('[MSG-5] a service speaks without a session', async () => {
    const chat = aChat(alice, 'from the backend');
    const service = { userId: userId('service'), name: '小助手', avatar: '' };
    const message = { ...chat.message, from: service } as NewMessage['message'];
    expect((await say({ ...chat, session: null, message }))?.status).toBe('said');
    expect(await messages().recent(id)).toMatchObject([{ userId: 'service', message: { from: service } }]);
  });

  test('[M5] nothing is written in a closed or missing room', async () => {
    const closed = { type: 'room.closed' as const, by: 'owner', at: engine().store.now(), reason: 'over' };
    await engine().store.commit(aCommit(engine().store, room, { events: [closed] }));
    const deletion = { session: null, key: null, messageId: aMessageId(), by: 'service', scope: 'any' as const };
    const signal = { session: alice, key: null, to: bob.userId, data: 1 };
    const nowhere = roomId(uniqueId('room'));
    for (const [where, status] of [[id, 'closed'] as const, [nowhere, 'absent'] as const]) {
      expect(await messages().write(where, [aChat(alice, 'x')])).toEqual([{ status }]);
      expect(await messages().delete(where, deletion)).toEqual({ status });
      expect(await messages().signal(where, signal)).toEqual({ status });
    }
    expect(await messages().recent(nowhere)).toEqual([]);
  });

  test('[MSG-6] a deletion leaves a mark, is announced once, and needs the sender or the right to delete any', async () => {
    const said = aChat(alice, 'oops');
    await messages().write(id, [said, aChat(bob, 'stays')]);
    const received = await messageNews();
    const { messageId } = said;
    const own = { key: null, messageId, scope: 'own' as const };
    expect(await messages().delete(id, { ...own, session: bob, by: 'bob' })).toEqual({ status: 'notOwn' });
    expect(await messages().delete(id, { ...own, session: { ...alice, fence: 1 }, by: 'alice' })).toEqual({
      status: 'gone',
    });
    for (let time = 0; time < 2; time++) {
      expect(await messages().delete(id, { ...own, session: alice, by: 'alice' })).toEqual({ status: 'deleted' });
    }
    expect(await texts()).toEqual(['-alice', 'stays']);
    const unknown = { session: alice, key: null, messageId: aMessageId(), by: 'alice' };
    expect(await messages().delete(id, { ...unknown, scope: 'own' })).toEqual({ status: 'unknown' });
    expect(await messages().delete(id, { ...unknown, scope: 'any' })).toEqual({ status: 'deleted' });
    await expect.poll(() => received.length).toBe(2);
    expect(received).toEqual([
      { kind: 'deleted', messageId, by: 'alice' },
      { kind: 'deleted', messageId: unknown.messageId, by: 'alice' },
    ]);
  });

  test('[MSG-4] a signal goes from a live session to a member, with any data', async () => {
    const received = await messageNews();
    const key = { userId: 'alice', commandId: 's1' };
    const data = { sdp: 'v=0\r\n', list: [1, null, '😀'] };
    expect(await messages().signal(id, { session: alice, key, to: bob.userId, data })).toEqual({ status: 'sent' });
    expect(await messages().signal(id, { session: alice, key, to: bob.userId, data })).toMatchObject({
      status: 'answered',
    });
    const nobody = { session: alice, key: null, to: userId('nobody'), data };
    expect(await messages().signal(id, nobody)).toEqual({ status: 'unknown' });
    const stale = { session: { ...alice, fence: 1 }, key: null, to: bob.userId, data };
    expect(await messages().signal(id, stale)).toEqual({ status: 'gone' });
    await expect.poll(() => received.length).toBe(1);
    expect(received).toEqual([{ kind: 'signal', from: 'alice', to: 'bob', data }]);
  });
}

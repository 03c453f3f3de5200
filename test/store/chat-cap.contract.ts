// The cap on what very large rooms show [M6], run against every engine.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomNews } from '../../src/feed/room-feed.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import type { NewMessage } from '../../src/store/message-store.ts';
import type { MemberRecord } from '../../src/store/presence-store.ts';
import { aJoining, aStoredRoom, joined, roomId, uniqueId } from '../support/stored-room.ts';
import { aChat, aGift, aReaction } from './message-store.contract.ts';

export function chatCapContract(engine: () => Engines): void {
  let id: RoomId;
  let alice: MemberRecord;
  let bob: MemberRecord;
  const messages = () => engine().messages;
  const texts = async () =>
    (await messages().recent(id)).map((kept) => ('message' in kept ? kept.message.body.text : ''));

  beforeEach(async () => {
    id = roomId(uniqueId('room'));
    await engine().store.create(aStoredRoom(engine().store, id), null);
    alice = await joined(engine().presence, id, aJoining('alice'));
    bob = await joined(engine().presence, id, aJoining('bob'));
  });

  test('[MSG-7] a very large room shows gifts always, then as many mentions, first lines and further lines as their limits allow', async () => {
    const received: RoomNews[] = [];
    const onNews = (one: RoomNews) => void (one.kind === 'messages' && received.push(one));
    await engine().feed.subscribe(id, { onNews, onPossibleGap: () => undefined });
    const cap = { above: 2, shares: { again: 5, first: 8, mention: 10 } };
    const say = async (...sayings: NewMessage[]) =>
      (await messages().write(id, sayings, cap)).map((result) => result.status === 'said' && result.isShown);
    const plain = (member: MemberRecord) => aChat(member, 'plain');
    const mention = (member: MemberRecord) => aChat(member, 'mention', { rank: 'mention' });
    const many = <Item>(count: number, item: () => Item) => Array.from({ length: count }, item);
    // Two members: everything is shown.
    expect(await say(...many(20, () => plain(alice)))).toEqual(many(20, () => true));
    const carol = await joined(engine().presence, id, aJoining('carol'));
    const others = await Promise.all(['d', 'e', 'f', 'g'].map((name) => joined(engine().presence, id, aJoining(name))));
    // What follows is one batch, so all of it is in the same second.
    const verdicts = await say(
      ...many(9, () => plain(alice)),
      plain(bob),
      ...others.map(plain),
      ...many(4, () => mention(carol)),
      aGift(carol, { id: 'rose' }),
      aReaction(carol, 'clap', 1),
      aChat(bob, 'staff', { rank: 'always' }),
    );
    expect(verdicts).toEqual([
      // Further lines stop at 5, first lines at 8, mentions at 10. Gifts and staff go beyond.
      ...many(5, () => true),
      ...many(4, () => false),
      true,
      ...[true, true, false, false],
      ...[true, true, false, false],
      ...[true, true, true],
    ]);
    await expect.poll(() => received.length).toBe(2);
    expect(received[1]?.kind === 'messages' && received[1].messages).toHaveLength(13);
    expect((await texts()).slice(20)).toHaveLength(11);
  });

  test('[ACK-2][MSG-7] the remembered answer says that the message was not shown', async () => {
    const cap = { above: 0, shares: { again: 0, first: 0, mention: 0 } };
    const saying = aChat(alice, 'unseen', { key: { userId: 'alice', commandId: 'c1' } });
    const [first] = await messages().write(id, [saying], cap);
    expect(first).toMatchObject({ status: 'said', isShown: false });
    const [again] = await messages().write(id, [saying]);
    if (again?.status !== 'answered') throw new Error(`not answered but ${again?.status}`);
    const at = first?.status === 'said' && first.at;
    expect(JSON.parse(again.answer.answer)).toEqual({ messageId: saying.messageId, at, shown: false });
    expect(await texts()).toEqual([]);
  });
}

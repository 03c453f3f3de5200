// The messages that the page keeps: snapshots, new messages, deletions, sums. No network.
import { expect, test } from 'vitest';
import type { ChatMessage, RoomMessage } from '../../src/protocol/messages.ts';
import { aUserId } from '../support/domain.ts';

interface Chat {
  readonly messages: readonly { readonly messageId: string }[];
  readonly reactions: ReadonlyMap<string, number>;
}

/** The exports of the page's module, which is plain JavaScript without types. */
interface ChatView {
  toChat(recent: readonly ChatMessage[], known?: Chat): Chat;
  resumeChat(chat: Chat, missed: { messages: readonly ChatMessage[]; deletedMessages: readonly string[] }): Chat;
  addMessages(chat: Chat, news: readonly RoomMessage[]): Chat;
  dropMessage(chat: Chat, messageId: string): Chat;
  lastMessageId(chat: Chat): string | undefined;
}

const address = new URL('../../src/console/chat-view.js', import.meta.url).href;
const { toChat, resumeChat, addMessages, dropMessage, lastMessageId } = (await import(
  /* @vite-ignore */ address
)) as ChatView;

const from = { userId: aUserId('bob'), name: 'Bob', avatar: '' };
const chat = (at: number) => ({ messageId: `m${at}`, kind: 'chat', from, at, body: { text: `${at}` } }) as ChatMessage;
const gift = (at: number) => ({ ...chat(at), kind: 'gift', body: { rose: 1 } }) as RoomMessage;
const taps = (key: string, count: number): RoomMessage => ({ kind: 'reaction', key, count });
const ids = ({ messages }: Chat) => messages.map(({ messageId }) => messageId);

test('[MSG-1][MSG-2] a message is added once, and reactions are summed by key', () => {
  const start = toChat([chat(1), chat(2)]);
  const added = addMessages(start, [chat(2), gift(3), taps('heart', 4), chat(5), chat(5), taps('heart', 1)]);
  expect(ids(added)).toEqual(['m1', 'm2', 'm3', 'm5']);
  expect([...added.reactions]).toEqual([['heart', 5]]);
  expect(lastMessageId(added)).toBe('m5');
  expect(lastMessageId(addMessages(added, [gift(6)]))).toBe('m5');
  expect(lastMessageId(toChat([]))).toBeUndefined();
});

test('[MSG-6] a deleted message is not shown any more, also if it comes again', () => {
  const dropped = dropMessage(toChat([chat(1), chat(2)]), 'm1');
  expect(ids(dropped)).toEqual(['m2']);
  expect(ids(addMessages(dropped, [chat(1), chat(3)]))).toEqual(['m2', 'm3']);
  expect(ids(toChat([chat(1), chat(4)], dropped))).toEqual(['m4']);
});

test('[MSG-3][ROOM-2] a snapshot replaces the chat and keeps gifts and sums; a resume adds what was missed', () => {
  const before = addMessages(toChat([chat(1), chat(3)]), [gift(2), taps('heart', 2)]);
  const snapshot = toChat([chat(3), chat(4)], before);
  expect(ids(snapshot)).toEqual(['m2', 'm3', 'm4']);
  expect(snapshot.reactions.get('heart')).toBe(2);
  const resumed = resumeChat(snapshot, { messages: [chat(4), chat(5)], deletedMessages: ['m3'] });
  expect(ids(resumed)).toEqual(['m2', 'm4', 'm5']);
});

test('[MSG-1][MSG-2] the page keeps the 200 newest messages and 24 keys at most', () => {
  const many = Array.from({ length: 260 }, (_, index) => chat(index + 1));
  const full = addMessages(toChat([]), many);
  expect(full.messages).toHaveLength(200);
  expect(ids(full).at(-1)).toBe('m260');
  const keys = Array.from({ length: 100 }, (_, index) => taps(`k${index}`, 1));
  const noisy = addMessages(full, [...keys, taps('k0', 1)]);
  expect(noisy.reactions.size).toBe(24);
  expect(noisy.reactions.get('k0')).toBe(2);
});

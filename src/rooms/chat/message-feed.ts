// What this node hears said in a room: passes it on to its members, and remembers the newest chat for those who come.
// Must not know who may speak (speech), nor the stage.
import type { Broadcast } from '../../delivery/broadcast.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import type { MessageNews, MessageText } from '../../feed/room-feed.ts';
import type { MessageId, RoomId } from '../../protocol/ids.ts';
import type { ChatMessage } from '../../protocol/messages.ts';
import type { KeptMessage, MessageStore } from '../../store/message-store.ts';
import type { LocalMembers } from '../contract/local-members.ts';
import { type MissedMessages, RecentMessages } from './recent-messages.ts';

interface MessageFeedDeps {
  readonly roomId: RoomId;
  readonly store: MessageStore;
  readonly outbox: Outbox;
  readonly members: LocalMembers;
}

export class MessageFeed {
  readonly #deps: MessageFeedDeps;
  #recent: RecentMessages | null = null;
  #reading: Promise<void> | null = null;
  /** What is heard while the store is read: whatever the answer lacks is here. */
  #heard: MessageNews[] | null = null;
  /** Members have missed something: what is heard waits until they have been told that, so that the order stays. */
  #isBehind = false;

  constructor(deps: MessageFeedDeps) {
    this.#deps = deps;
  }

  /**
   * Makes sure that the newest chat is known here; rejects when the store does not answer. From then on the feed keeps
   * it up to date, so that recent() and since() may be asked in the very step that registers a member: what is heard
   * later reaches him, what was heard before is in the answer.
   */
  ready(): Promise<void> {
    return this.isReady ? Promise.resolve() : this.#read();
  }

  get isReady(): boolean {
    return this.#recent !== null && !this.#isBehind;
  }

  /** The chat that a snapshot shows. */
  recent(): ChatMessage[] {
    return this.#recent?.shown() ?? [];
  }

  /** All chat that is remembered here, oldest first. */
  kept(): readonly KeptMessage[] {
    return this.#recent?.kept() ?? [];
  }

  /** What was said after that message. */
  since(messageId: MessageId | null): MissedMessages {
    return this.#recent?.since(messageId) ?? { messages: [], deletedMessages: [] };
  }

  onNews(news: MessageNews): void {
    this.#heard?.push(news);
    if (!this.#isBehind) this.#pass(news);
  }

  /** Something may have been missed: reads the newest chat again and tells the members what they lack. */
  async catchUp(): Promise<void> {
    if (this.#recent) this.#wait();
    // A read that is on its way may have begun before the gap.
    await this.#reading?.catch(() => undefined);
    if (!this.#recent) return;
    this.#wait();
    await this.#read();
  }

  /** The room was exchanged for another: what was said in the old one is no more of it. */
  invalidate(): void {
    this.#recent = null;
    this.#reading = null;
    this.#heard = null;
    this.#isBehind = false;
  }

  #wait(): void {
    this.#isBehind = true;
    this.#heard ??= [];
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readNow();
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#heard ??= [];
    const heard = this.#heard;
    const { roomId, store } = this.#deps;
    const kept = await store.recent(roomId).catch((error: unknown) => {
      if (this.#heard === heard) this.#failed();
      throw error;
    });
    // Forgotten meanwhile: this answer is about another room.
    if (this.#heard !== heard) return this.ready();
    this.#end(kept, heard);
  }

  /** Who is behind stays so, and goes on listening, until a read succeeds. */
  #failed(): void {
    this.#reading = null;
    if (!this.#isBehind) this.#heard = null;
  }

  /** What had to wait for the answer is passed on behind what it brought; what did not is remembered. */
  #end(kept: readonly KeptMessage[], heard: readonly MessageNews[]): void {
    const [before, wasBehind] = [this.#recent, this.#isBehind];
    this.#recent = new RecentMessages(kept);
    this.#heard = null;
    this.#reading = null;
    this.#isBehind = false;
    if (before && wasBehind) this.#tellMissed(before, kept);
    for (const news of heard) {
      if (wasBehind) this.#pass(this.#unknownOf(news));
      else this.#recent.onNews(news);
    }
  }

  #unknownOf(news: MessageNews): MessageNews {
    if (news.kind !== 'messages') return news;
    const isKnown = (message: MessageText) => message.kind === 'kept' && this.#recent?.get(message.messageId);
    return { ...news, messages: news.messages.filter((message) => !isKnown(message)) };
  }

  #tellMissed(before: RecentMessages, kept: readonly KeptMessage[]): void {
    const messages = kept.flatMap((one): MessageText[] => {
      if (!('message' in one) || before.get(one.messageId)) return [];
      const { messageId, userId, message } = one;
      return [{ kind: 'kept', messageId, userId, json: JSON.stringify(message) }];
    });
    this.#pass({ kind: 'messages', messages });
    for (const one of kept) {
      const known = before.get(one.messageId);
      if ('deletedBy' in one && known && 'message' in known) {
        this.#pass({ kind: 'deleted', messageId: one.messageId, by: one.deletedBy });
      }
    }
  }

  #pass(news: MessageNews): void {
    const { outbox, members, roomId } = this.#deps;
    this.#recent?.onNews(news);
    switch (news.kind) {
      case 'messages':
        outbox.enqueue(news.messages.map(toAnnouncement));
        return;
      case 'deleted': {
        const { messageId, by } = news;
        outbox.enqueue([{ kind: 'deletion', json: JSON.stringify({ roomId, messageId, by }) }]);
        return;
      }
      case 'signal': {
        const { from, data } = news;
        members.get(news.to)?.recipient?.connection.send('signal', { roomId, from, data });
      }
    }
  }
}

const toAnnouncement = (text: MessageText): Broadcast =>
  text.kind === 'summed'
    ? { kind: 'reaction', key: text.key, count: text.count }
    : { kind: 'message', json: text.json };

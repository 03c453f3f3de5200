// Messages from the feed of a room: broadcasts them to the members here, and keeps the newest chat for joiners.
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
  /** News since the read in flight began: the answer of the store may lack them. */
  #meanwhile: MessageNews[] | null = null;
  /** Members have missed something: news wait until that was sent, so that the order stays. */
  #isBehind = false;

  constructor(deps: MessageFeedDeps) {
    this.#deps = deps;
  }

  /**
   * Makes sure that the newest chat is known here; rejects when the store does not answer. From then on the feed keeps
   * it up to date. So recent() and since() may be asked in the step that registers a member: earlier news are in the
   * answer, later news reach the member.
   */
  ready(): Promise<void> {
    return this.isReady ? Promise.resolve() : this.#read();
  }

  get isReady(): boolean {
    return this.#recent !== null && !this.#isBehind;
  }

  recent(): ChatMessage[] {
    return this.#recent?.newest() ?? [];
  }

  /** All chat that is kept here, oldest first. */
  kept(): readonly KeptMessage[] {
    return this.#recent?.kept() ?? [];
  }

  since(messageId: MessageId | null): MissedMessages {
    return this.#recent?.since(messageId) ?? { messages: [], deletedMessages: [] };
  }

  onNews(news: MessageNews): void {
    this.#meanwhile?.push(news);
    if (!this.#isBehind) this.#broadcast(news);
  }

  /** After a possible gap: reads the newest chat again and sends the members what they lack. */
  async catchUp(): Promise<void> {
    if (this.#recent) this.#wait();
    // A read in flight may have begun before the gap.
    await this.#reading?.catch(() => undefined);
    if (!this.#recent) return;
    this.#wait();
    await this.#read();
  }

  /** The room was replaced by another one: its messages are not known. */
  invalidate(): void {
    this.#recent = null;
    this.#reading = null;
    this.#meanwhile = null;
    this.#isBehind = false;
  }

  #wait(): void {
    this.#isBehind = true;
    this.#meanwhile ??= [];
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readNow();
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#meanwhile ??= [];
    const meanwhile = this.#meanwhile;
    const { roomId, store } = this.#deps;
    const kept = await store.recent(roomId).catch((error: unknown) => {
      if (this.#meanwhile === meanwhile) this.#onFailed();
      throw error;
    });
    // The room was replaced meanwhile: this answer is about another one.
    if (this.#meanwhile !== meanwhile) return this.ready();
    this.#onRead(kept, meanwhile);
  }

  /** Members that are behind stay so, and news are kept, until a read succeeds. */
  #onFailed(): void {
    this.#reading = null;
    if (!this.#isBehind) this.#meanwhile = null;
  }

  /** News that had to wait are broadcast behind the missed messages; the others were broadcast already. */
  #onRead(kept: readonly KeptMessage[], meanwhile: readonly MessageNews[]): void {
    const [before, wasBehind] = [this.#recent, this.#isBehind];
    this.#recent = new RecentMessages(kept);
    this.#meanwhile = null;
    this.#reading = null;
    this.#isBehind = false;
    if (before && wasBehind) this.#sendMissed(before, kept);
    for (const news of meanwhile) {
      if (wasBehind) this.#broadcast(this.#withoutKnown(news));
      else this.#recent.onNews(news);
    }
  }

  #withoutKnown(news: MessageNews): MessageNews {
    if (news.kind !== 'messages') return news;
    const isKnown = (message: MessageText) => message.kind === 'kept' && this.#recent?.get(message.messageId);
    return { ...news, messages: news.messages.filter((message) => !isKnown(message)) };
  }

  #sendMissed(before: RecentMessages, kept: readonly KeptMessage[]): void {
    const messages = kept.flatMap((one): MessageText[] => {
      if (!('message' in one) || before.get(one.messageId)) return [];
      const { messageId, userId, message } = one;
      return [{ kind: 'kept', messageId, userId, json: JSON.stringify(message) }];
    });
    this.#broadcast({ kind: 'messages', messages });
    for (const one of kept) {
      const known = before.get(one.messageId);
      if ('deletedBy' in one && known && 'message' in known) {
        this.#broadcast({ kind: 'deleted', messageId: one.messageId, by: one.deletedBy });
      }
    }
  }

  #broadcast(news: MessageNews): void {
    const { outbox, members, roomId } = this.#deps;
    this.#recent?.onNews(news);
    switch (news.kind) {
      case 'messages':
        outbox.enqueue(news.messages.map(toBroadcast));
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

const toBroadcast = (text: MessageText): Broadcast =>
  text.kind === 'summed'
    ? { kind: 'reaction', key: text.key, count: text.count }
    : { kind: 'message', json: text.json };

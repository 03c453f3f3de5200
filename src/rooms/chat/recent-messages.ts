// The newest chat messages of a room as this node knows them, for snapshots and for whoever comes back. Must not know
// the store or anybody's connection.
import type { MessageNews, MessageText } from '../../feed/room-feed.ts';
import { shareJson } from '../../lang/shared-json.ts';
import type { MessageId } from '../../protocol/ids.ts';
import type { ChatMessage } from '../../protocol/messages.ts';
import { type KeptMessage, MESSAGES_KEPT } from '../../store/message-store.ts';

/** How many messages a snapshot brings (MSG-3). */
const SHOWN_MAX = 50;

/** What was said while somebody was away (ROOM-2). */
export interface MissedMessages {
  readonly messages: ChatMessage[];
  /** Those of the messages still remembered that he must not show any more. */
  readonly deletedMessages: MessageId[];
}

export class RecentMessages {
  /** Insertion order is the order of saying. */
  readonly #kept: Map<MessageId, KeptMessage>;
  /** What shown() answered last, until something changes. */
  #shown: ChatMessage[] | null = null;

  constructor(kept: readonly KeptMessage[]) {
    this.#kept = new Map(kept.map((one) => [one.messageId, one]));
  }

  /** Follows the feed; what is known already changes nothing. */
  onNews(news: MessageNews): void {
    if (news.kind === 'messages') {
      for (const message of news.messages) if (message.kind === 'kept') this.#add(message);
    }
    if (news.kind === 'deleted') this.#mark(news.messageId, news.by);
  }

  #add({ messageId, userId, json }: Exclude<MessageText, { kind: 'summed' }>): void {
    if (this.#kept.has(messageId)) return;
    this.#shown = null;
    // Nobody may ever ask for it: then it is never parsed.
    let message: ChatMessage | null = null;
    this.#kept.set(messageId, {
      messageId,
      userId,
      get message() {
        message ??= JSON.parse(json) as ChatMessage;
        return message;
      },
    });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MESSAGES_KEPT) break;
      this.#kept.delete(oldest);
    }
  }

  #mark(messageId: MessageId, deletedBy: string): void {
    const kept = this.#kept.get(messageId);
    this.#shown = null;
    if (kept) this.#kept.set(messageId, { messageId, userId: kept.userId, deletedBy });
  }

  get(messageId: MessageId): KeptMessage | null {
    return this.#kept.get(messageId) ?? null;
  }

  kept(): readonly KeptMessage[] {
    return [...this.#kept.values()];
  }

  /** Oldest first; not to be changed, because it is the same for all until something is said. */
  shown(): ChatMessage[] {
    this.#shown ??= shareJson(messagesOf([...this.#kept.values()]).slice(-SHOWN_MAX));
    return this.#shown;
  }

  /** All that was said after that message; as much as a snapshot shows when the message is not known any more. */
  since(messageId: MessageId | null): MissedMessages {
    const kept = [...this.#kept.values()];
    const place = kept.findIndex((one) => one.messageId === messageId);
    return {
      messages: place < 0 ? this.shown() : messagesOf(kept.slice(place + 1)),
      deletedMessages: kept.flatMap((one) => ('deletedBy' in one ? [one.messageId] : [])),
    };
  }
}

const messagesOf = (kept: readonly KeptMessage[]): ChatMessage[] =>
  kept.flatMap((one) => ('message' in one ? [one.message] : []));

// The newest chat messages of a room as this node knows them, for snapshots and for members who resume.
import type { MessageNews, MessageText } from '../../feed/room-feed.ts';
import { shareJson } from '../../lang/shared-json.ts';
import type { MessageId } from '../../protocol/ids.ts';
import type { ChatMessage } from '../../protocol/messages.ts';
import { type KeptMessage, MESSAGES_KEPT } from '../../store/message-store.ts';

/** The number of messages in a snapshot (MSG-3). */
const SNAPSHOT_MESSAGES = 50;

/** The messages that a member missed while away (ROOM-2). */
export interface MissedMessages {
  readonly messages: ChatMessage[];
  /** Messages that the client must not show any more, as far as they are still kept. */
  readonly deletedMessages: MessageId[];
}

export class RecentMessages {
  /** In the order in which they were written. */
  readonly #kept: Map<MessageId, KeptMessage>;
  /** The last result of newest(), until something changes. */
  #newest: ChatMessage[] | null = null;

  constructor(kept: readonly KeptMessage[]) {
    this.#kept = new Map(kept.map((one) => [one.messageId, one]));
  }

  /** Follows the feed; known messages change nothing. */
  onNews(news: MessageNews): void {
    if (news.kind === 'messages') {
      for (const message of news.messages) if (message.kind === 'kept') this.#add(message);
    }
    if (news.kind === 'deleted') this.#mark(news.messageId, news.by);
  }

  #add({ messageId, userId, json }: Exclude<MessageText, { kind: 'summed' }>): void {
    if (this.#kept.has(messageId)) return;
    this.#newest = null;
    // Parsed only when a snapshot needs it.
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
    this.#newest = null;
    if (kept) this.#kept.set(messageId, { messageId, userId: kept.userId, deletedBy });
  }

  get(messageId: MessageId): KeptMessage | null {
    return this.#kept.get(messageId) ?? null;
  }

  kept(): readonly KeptMessage[] {
    return [...this.#kept.values()];
  }

  /** For a snapshot, oldest first. Not to be mutated: all get the same array until a message comes. */
  newest(): ChatMessage[] {
    this.#newest ??= shareJson(messagesOf([...this.#kept.values()]).slice(-SNAPSHOT_MESSAGES));
    return this.#newest;
  }

  /** The messages after that one; those of a snapshot when that one is not known any more. */
  since(messageId: MessageId | null): MissedMessages {
    const kept = [...this.#kept.values()];
    const index = kept.findIndex((one) => one.messageId === messageId);
    return {
      messages: index < 0 ? this.newest() : messagesOf(kept.slice(index + 1)),
      deletedMessages: kept.flatMap((one) => ('deletedBy' in one ? [one.messageId] : [])),
    };
  }
}

const messagesOf = (kept: readonly KeptMessage[]): ChatMessage[] =>
  kept.flatMap((one) => ('message' in one ? [one.message] : []));

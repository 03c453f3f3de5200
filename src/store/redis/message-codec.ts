// A kept chat message ↔ the text that the scripts keep of it.
import type { MessageId } from '../../protocol/ids.ts';
import type { ChatMessage } from '../../protocol/messages.ts';
import type { KeptMessage } from '../message-store.ts';

/** `messageId|userId|JSON`, or `!` and the deleter instead of the JSON. */
export const keptText = (kept: KeptMessage): string =>
  `${kept.messageId}|${kept.userId}|${'message' in kept ? JSON.stringify(kept.message) : `!${kept.deletedBy}`}`;

/** Reads such a text; nothing for the list's placeholder, which is no message. */
export function parseKept(entry: string): KeptMessage[] {
  const [, id, userId = '', content = ''] = /^([^|]+)\|([^|]*)\|(.*)$/s.exec(entry) ?? [];
  if (id === undefined) return [];
  const messageId = id as MessageId;
  if (content.startsWith('!')) return [{ messageId, userId, deletedBy: content.slice(1) }];
  return [{ messageId, userId, message: JSON.parse(content) as ChatMessage }];
}

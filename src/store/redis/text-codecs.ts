// What the scripts keep as short texts, ↔ what the contracts know: a remembered answer, a kept message, a sanction.
import type { MessageId, UserId } from '../../protocol/ids.ts';
import type { ChatMessage } from '../../protocol/messages.ts';
import type { KeptMessage } from '../message-store.ts';
import type { RememberedAnswer } from '../room-store.ts';
import type { Sanction } from '../sanction-store.ts';

/** `command|JSON`, as a script stores it behind the time. */
export const answerText = ({ command, answer }: Pick<RememberedAnswer, 'command' | 'answer'>): string =>
  `${command}|${answer}`;

/** Reads `time|command|JSON`, remembered under that name (see commandName). */
export function parseAnswer(name: string, text: string): RememberedAnswer {
  const [userId = '', commandId = ''] = name.split(':');
  const [, command = '', answer = ''] = /^\d+\|([^|]*)\|(.*)$/s.exec(text) ?? [];
  return { userId, commandId, command, answer };
}

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

/** `until|by|at`, until empty: forever. The name of an operator has no `|`: it is of the id alphabet. */
export const sanctionText = ({ until, by, at }: Sanction): string => `${until ?? ''}|${by}|${at}`;

/** Reads such a text. */
export function parseSanction(userId: UserId, text: string): Sanction {
  const [until = '', by = '', at = '0'] = text.split('|');
  return { userId, by, at: Number(at), until: until === '' ? null : Number(until) };
}

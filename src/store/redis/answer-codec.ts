// A remembered answer ↔ the text that the scripts keep of it.
import type { RememberedAnswer } from '../room-store.ts';

/** `command|JSON`, as a script stores it behind the time. */
export const answerText = ({ command, answer }: Pick<RememberedAnswer, 'command' | 'answer'>): string =>
  `${command}|${answer}`;

/** Reads `time|command|JSON`, remembered under that name (see commandName). */
export function parseAnswer(name: string, text: string): RememberedAnswer {
  const [userId = '', commandId = ''] = name.split(':');
  const [, command = '', answer = ''] = /^\d+\|([^|]*)\|(.*)$/s.exec(text) ?? [];
  return { userId, commandId, command, answer };
}

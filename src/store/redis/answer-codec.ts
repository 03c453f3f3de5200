// A remembered answer ↔ the text that the scripts keep. Must not know where it is kept, or what was asked.
import type { RememberedAnswer } from '../room-store.ts';

/** How often a room's answers are looked through for old ones. */
export const ANSWER_PRUNE_MS = 10_000;

/** As a script stores it, behind the time. */
export const answerText = ({ command, answer }: Pick<RememberedAnswer, 'command' | 'answer'>): string =>
  `${command}|${answer}`;

/** The other way round: `time|command|JSON`, remembered under that name (see nameOf). */
export function parseAnswer(name: string, text: string): RememberedAnswer {
  const [userId = '', commandId = ''] = name.split(':');
  const [, command = '', answer = ''] = /^\d+\|([^|]*)\|(.*)$/s.exec(text) ?? [];
  return { userId, commandId, command, answer };
}

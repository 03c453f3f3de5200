// A ban or silence ↔ the text that is kept of it. Must not know where it is kept.
import type { UserId } from '../../protocol/ids.ts';
import type { Sanction } from '../sanction-store.ts';

/** `until|by|at`, until empty for ever; an operator's name is of the id alphabet. */
export const sanctionText = ({ until, by, at }: Sanction): string => `${until ?? ''}|${by}|${at}`;

/** The other way round. */
export function parseSanction(userId: UserId, text: string): Sanction {
  const [until = '', by = '', at = '0'] = text.split('|');
  return { userId, by, at: Number(at), until: until === '' ? null : Number(until) };
}

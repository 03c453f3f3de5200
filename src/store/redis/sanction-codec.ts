// A ban or silence ↔ the text that the scripts keep of it.
import type { UserId } from '../../protocol/ids.ts';
import type { Sanction } from '../sanction-store.ts';

/** `until|by|at`, until empty: forever. The name of an operator has no `|`: it is of the id alphabet. */
export const sanctionText = ({ until, by, at }: Sanction): string => `${until ?? ''}|${by}|${at}`;

/** Reads such a text. */
export function parseSanction(userId: UserId, text: string): Sanction {
  const [until = '', by = '', at = '0'] = text.split('|');
  return { userId, by, at: Number(at), until: until === '' ? null : Number(until) };
}

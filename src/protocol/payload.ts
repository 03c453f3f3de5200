// Parses a client's command: closed schemas, no prototype tricks, no binary data, bounded depth (CONN-7).
import { type Command, type CommandName, commandSchemas } from './commands.ts';
import { badRequest, badRequestOf, type Rejection } from './errors.ts';

/** No command nests deeper. Deeper input is refused before any other code walks it. */
const DEPTH_MAX = 8;
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The answer of the parser. Its `rejection` goes to the client as it is, like that of a `Ruling` (domain/decision). */
export type Parsed =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly rejection: Rejection };

/** The command of that name; else `UNKNOWN_EVENT`, or `BAD_REQUEST` with the first wrong field in `details`. */
export function parseCommand(name: string, args: readonly unknown[]): Parsed {
  if (!isCommandName(name)) return refused({ code: 'UNKNOWN_EVENT' });
  const [payload] = args;
  if (args.length !== 1) return refused(badRequest('', 'exactly one payload object is needed'));
  const trick = forbiddenPath(payload);
  if (trick) return refused(badRequest(trick.field, trick.problem));
  const parsed = commandSchemas[name].safeParse(payload);
  if (!parsed.success) return refused(badRequestOf(parsed.error));
  return { ok: true, command: { name, payload: parsed.data } as Command };
}

const refused = (rejection: Rejection): Parsed => ({ ok: false, rejection });

export const isCommandName = (name: string): name is CommandName => Object.hasOwn(commandSchemas, name);

/** The first field that is binary, too deep, or has a key that could reach a prototype; null if none. No recursion. */
export function forbiddenPath(payload: unknown): { field: string; problem: string } | null {
  const open: { value: unknown; path: readonly string[] }[] = [{ value: payload, path: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next;
    if (typeof value !== 'object' || value === null) continue;
    // Commands are JSON. Without this check an attachment would be walked byte by byte.
    if (ArrayBuffer.isView(value)) return { field: path.join('.'), problem: 'binary data is not taken' };
    if (path.length >= DEPTH_MAX) return { field: path.join('.'), problem: 'nested too deep' };
    for (const key of Object.keys(value)) {
      if (forbiddenKeys.has(key)) return { field: [...path, key].join('.'), problem: 'this key is not allowed' };
      open.push({ value: (value as Record<string, unknown>)[key], path: [...path, key] });
    }
  }
  return null;
}

/** PAYLOAD_TOO_LARGE if the data has more than `limit` bytes; null if not. Counts JSON in UTF-8, as it is sent. */
export function tooLarge(data: unknown, limit: number): Rejection | null {
  const bytes = Buffer.byteLength(JSON.stringify(data));
  return bytes > limit ? { code: 'PAYLOAD_TOO_LARGE', details: { limit, bytes } } : null;
}

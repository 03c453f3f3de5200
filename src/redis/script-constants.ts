// The numbers that the Lua scripts know by name: TTLs, and what the contracts of the stores export. They never change
// while a process runs, so no call sends them. Each script begins with those that it names. Its text stays the same
// from call to call, as EVALSHA needs it.
import { must } from '../lang/assert.ts';
import * as accounts from '../store/account-store.ts';
import * as attempts from '../store/attempt-store.ts';
import * as directory from '../store/directory-store.ts';
import * as leases from '../store/lease-store.ts';
import * as messages from '../store/message-store.ts';
import * as recovery from '../store/room-recovery.ts';
import * as rooms from '../store/room-store.ts';
import * as keys from './keys.ts';

const constants = new Map<string, unknown>(
  [keys, accounts, attempts, directory, leases, messages, recovery, rooms].flatMap((module) => Object.entries(module)),
);

/** The lines of Lua that define the constants named in a script. */
export function constantsIn(lua: string): string {
  const names = new Set(lua.match(/\b[A-Z]+(_[A-Z]+)+\b/g));
  return [...names].map((name) => `local ${name} = ${must(constants.get(name), `no constant ${name}`)}\n`).join('');
}

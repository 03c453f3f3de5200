// The numbers that the Lua scripts know by name. They never change while a process runs, so no call sends them. Each
// script begins with those that it uses. Its text stays the same from call to call, as EVALSHA needs it.
import { SESSIONS_PER_USER_MAX } from '../store/account-store.ts';
import { ATTEMPTS_MAX } from '../store/attempt-store.ts';
import { DIRECTORY_ENTRY_TTL_MS } from '../store/directory-store.ts';
import {
  AWAY_MS,
  CLAIM_MS,
  DEAD_NODE_MEMORY_MS,
  HANDED_OVER_MAX,
  HANDOVER_MS,
  LEASE_MS,
} from '../store/lease-store.ts';
import { MESSAGES_KEPT } from '../store/message-store.ts';
import { RECOVERY_WINDOW_MS } from '../store/room-recovery.ts';
import {
  ANSWER_MEMORY_MS,
  BEHIND_RECORDS_MAX,
  CLOCK_TOLERANCE_MS,
  LOG_VERSIONS,
  SANCTIONS_PRUNED_FROM,
} from '../store/room-store.ts';
import { ttls } from './keys.ts';

/** How often a room's answers are looked through for old ones. */
const ANSWER_PRUNE_MS = 10_000;

const constants: Readonly<Record<string, number>> = {
  ANSWER_MEMORY_MS,
  ANSWER_PRUNE_MS,
  ATTEMPTS_MAX,
  AWAY_MS,
  BEHIND_RECORDS_MAX,
  CLAIM_MS,
  CLOCK_TOLERANCE_MS,
  CLOSED_ROOM_TTL_MS: ttls.closedRoomMs,
  DEAD_NODE_MEMORY_MS,
  DIRECTORY_ENTRY_TTL_MS,
  DIRECTORY_TTL_MS: ttls.directoryMs,
  HANDED_OVER_MAX,
  HANDOVER_MS,
  IDLE_ROOM_TTL_MS: ttls.idleRoomMs,
  LEASE_MS,
  LEASES_TTL_MS: ttls.leasesMs,
  LOCKOUT_MS: ttls.attemptsMs,
  LOG_VERSIONS,
  MESSAGES_KEPT,
  OWNERSHIP_TTL_MS: ttls.ownedRoomsMs,
  RECOVERY_TTL_MS: ttls.recoveryMs,
  RECOVERY_WINDOW_MS,
  REVOCATION_NEWS_MS: ttls.revocationsMs,
  SANCTIONS_PRUNED_FROM,
  SESSION_TTL_MS: ttls.sessionsMs,
  SESSIONS_PER_USER_MAX,
};

/** The lines of Lua that define the constants named in a script. */
export const constantsIn = (lua: string): string =>
  Object.entries(constants)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(lua))
    .map(([name, value]) => `local ${name} = ${value}\n`)
    .join('');

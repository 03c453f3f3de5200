// Drain: a stopping node closes its sessions one after the other, and each client hears when to come back (CONN-12).
import type { Ambient } from '../ops/ambient.ts';
import type { Random } from '../ops/random.ts';
import { pause } from '../ops/repeat.ts';
import type { Session } from './session.ts';

/** Clients come back after a random time up to this, not all at once: well within the handover of 10 s (CONN-12). */
const COME_BACK_WITHIN_MS = 1_000;
/** Sessions are closed in steps of at least this: finer steps cost timers and spread no better (CONN-12). */
const STEP_MS = 20;

export const drainSession = (session: Session, random: Random): void =>
  session.close('DRAINING', random.integer(0, COME_BACK_WITHIN_MS));

/** Spreads the closings over `drainMs`; the first is at once. Resolves when the last session has been closed. */
export async function drainSessions(
  sessions: readonly Session[],
  { clock, random, drainMs }: Pick<Ambient, 'clock' | 'random'> & { readonly drainMs: number },
): Promise<void> {
  const startedAt = clock.monotonic();
  let next = 0;
  for (;;) {
    const share = drainMs === 0 ? 1 : Math.min(1, (clock.monotonic() - startedAt) / drainMs);
    const target = Math.min(sessions.length, Math.floor(share * sessions.length) + 1);
    for (const session of sessions.slice(next, target)) drainSession(session, random);
    next = Math.max(next, target);
    if (next >= sessions.length) return;
    await pause(clock, Math.max(STEP_MS, drainMs / sessions.length));
  }
}

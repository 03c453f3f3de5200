// Leaving in good order: every client is told when to come back, not all at once (CONN-12). Must not know why we leave.
import type { Clock } from '../ops/clock.ts';
import type { Random } from '../ops/random.ts';
import type { Session } from './session.ts';

/** How soon dismissed clients should come back, at most; each is told its own moment. */
const COME_BACK_WITHIN_MS = 1_000;
/** Farewells are said in steps of this at least: finer ones cost timers and spread no better. */
const STEP_MS = 20;

interface DrainSessionsDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Over how long the farewells are spread; the first is said at once. */
  readonly drainMs: number;
}

export const drainSession = (session: Session, random: Random): void =>
  session.close('DRAINING', random.integer(0, COME_BACK_WITHIN_MS));

/** Resolves when the last of these sessions has been dismissed. */
export async function drainSessions(
  sessions: readonly Session[],
  { clock, random, drainMs }: DrainSessionsDeps,
): Promise<void> {
  const began = clock.monotonic();
  let next = 0;
  for (;;) {
    const passed = drainMs === 0 ? 1 : Math.min(1, (clock.monotonic() - began) / drainMs);
    const due = Math.min(sessions.length, Math.floor(passed * sessions.length) + 1);
    for (const session of sessions.slice(next, due)) drainSession(session, random);
    next = Math.max(next, due);
    if (next >= sessions.length) return;
    await pause(clock, Math.max(STEP_MS, drainMs / sessions.length));
  }
}

const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });

// How a row is played: a scene under load, the fault in the middle, quiet, then the judgement. The cluster is repaired
// in any case.
import { monotonicMs, pauseMs } from '../../bench/monotonic.ts';
import type { FaultClient } from './client.ts';
import type { Cluster } from './cluster.ts';
import { type Case, judge } from './judge.ts';
import type { Outcome, PlayOptions } from './rows/row.ts';
import { Scene, type SceneOptions } from './scene.ts';

export interface Plot extends PlayOptions {
  readonly cluster: Cluster;
  readonly scene?: Partial<SceneOptions>;
  /** Milliseconds of load before and after the fault. */
  readonly beforeMs?: number;
  readonly afterMs?: number;
  /** Does the fault to the cluster. `at`: when it begins, by the clock of the record. */
  readonly fault: (scene: Scene, at: number) => Promise<FaultResult>;
}

/** What the fault measured itself, and what the checkers need to know. */
export interface FaultResult {
  readonly holds?: Outcome['holds'];
  readonly figures?: Outcome['figures'];
  readonly notes?: readonly string[];
  readonly judged?: Case;
  /** Called when all is quiet. */
  readonly afterwards?: () => Pick<FaultResult, 'holds' | 'figures'> | Promise<Pick<FaultResult, 'holds' | 'figures'>>;
}

const sizes: Readonly<Record<PlayOptions['size'], Omit<SceneOptions, 'seed'>>> = {
  small: { rooms: 4, guests: 4, sitters: 2, rate: 40 },
  full: { rooms: 20, guests: 6, sitters: 3, rate: 120 },
};

export async function play(plot: Plot): Promise<Outcome> {
  const { cluster, seed, size, fault } = plot;
  const { beforeMs = size === 'small' ? 500 : 3_000, afterMs = size === 'small' ? 1_000 : 5_000 } = plot;
  const complaints = cluster.complaints().length;
  const scene = await Scene.open(cluster, { ...sizes[size], seed, ...plot.scene });
  try {
    scene.load.start();
    await pauseMs(beforeMs);
    const at = monotonicMs();
    const result = await fault(scene, at);
    await pauseMs(afterMs);
    const quietMs = await scene.quiet();
    const judged = judge(scene, result.judged);
    const back = gapsOf(scene.clients, at);
    const after = (await result.afterwards?.()) ?? {};
    return {
      holds: {
        ...judged.holds,
        'no server logs an error': cluster.complaints().slice(complaints, complaints + 3),
        ...result.holds,
        ...after.holds,
      },
      figures: {
        ...judged.figures,
        quiet: [quietMs],
        back,
        ...result.figures,
        ...after.figures,
      },
      notes: [...judged.notes, ...refusalsOf(scene), ...(result.notes ?? [])],
    };
  } finally {
    scene.close();
    await cluster.heal();
  }
}

/**
 * How long clients were out of their rooms, for absences that began since `at`. Infinity: the client has not come back.
 */
export const gapsOf = (clients: readonly FaultClient[], at: number): number[] =>
  clients.flatMap((client) => {
    const gaps = client.gaps.filter(({ from }) => from >= at).map(({ from, until }) => until - from);
    return client.isInside || client.isClosed ? gaps : [...gaps, Number.POSITIVE_INFINITY];
  });

export interface Period {
  readonly from: number;
  readonly until: number;
}

/** How long each call of these clients in that time took to be answered, milliseconds. */
export const answerTimesOf = (clients: readonly FaultClient[], { from, until }: Period): number[] =>
  clients.flatMap(({ answerTimes }) => answerTimes.filter(({ at }) => at >= from && at < until).map(({ ms }) => ms));

/** How long after `at` other members received that these users are away. */
export function markedAway(scene: Scene, users: readonly FaultClient[], at: number): number[] {
  const awayMs = new Map<string, number>();
  for (const entry of scene.recorder.history) {
    if (entry.kind !== 'updates' || entry.at < at) continue;
    for (const { events } of entry.updates) {
      for (const event of events) {
        if (event.type === 'seat.away' && !awayMs.has(event.userId)) awayMs.set(event.userId, entry.at - at);
      }
    }
  }
  return users.map(({ userId }) => awayMs.get(userId) ?? Number.POSITIVE_INFINITY);
}

/** Refused connections, by their reasons. */
function refusalsOf({ clients }: Scene): string[] {
  const counts = new Map<string, number>();
  for (const reason of clients.flatMap(({ refusals }) => refusals)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `connections not made: ${count} × ${reason}`);
}

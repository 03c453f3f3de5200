// Rows: a master of a Redis Cluster is killed; slots move to another master under load.
import { pauseMs } from '../../../bench/monotonic.ts';
import { slotOf } from '../../../src/redis/slots.ts';
import { lagsIn } from '../checkers/lag.ts';
import { untilTrue } from '../deadline.ts';
import { operationsOf } from '../history.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import type { Row } from './row.ts';

const SILENCE_LIMIT_MS = 5_000;
/** The share of all commands since the fault began, also in rooms whose master was away. */
const FAILED_MAX_PERCENT = 0.1;
const RECOVERY_DEADLINE_MS = 25_000;

/** How long a user waits for a command. */
const GIVEN_UP_MS = 8_000;

const failing: readonly string[] = ['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'INTERNAL', 'OVERLOADED', 'none'];
/** After these codes the client repeats the command: none of them is final. */
const repeated: readonly string[] = [...failing, 'NOT_A_MEMBER', 'RATE_LIMITED'];

/** Of single calls since `at`, the share in per cent without an answer from the stage. */
function failedCalls(scene: Scene, at: number): number {
  const calls = scene.clients.flatMap(({ answerTimes }) => answerTimes.filter((one) => one.at >= at));
  return percent(calls, ({ code }) => failing.includes(code));
}

/**
 * The same for commands that were open at `at` or came later. Each is repeated under its id while it may be, as chapter
 * 2 of SPEC.md asks of clients. While a slot has no master, no call about it can succeed (ACK-4). For the user it
 * counts only whether the command succeeds within the wait.
 */
function failedCommands(scene: Scene, at: number): number {
  const commands = operationsOf(scene.recorder.history).filter(({ answers }) => (answers.at(-1)?.at ?? at) >= at);
  return percent(commands, ({ calledAt, answers }) => {
    const last = answers.at(-1);
    const isWord = last?.answer && (last.answer.ok || !repeated.includes(last.answer.error.code));
    return !isWord || last.at - Math.max(at, calledAt) > GIVEN_UP_MS;
  });
}

function percent<One>(all: readonly One[], is: (one: One) => boolean): number {
  return all.length === 0 ? Number.POSITIVE_INFINITY : (100 * all.filter(is).length) / all.length;
}

/** Those commands, by their errors. */
function failures(scene: Scene, at: number): string {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const entry of scene.recorder.history) {
    if (entry.kind === 'call') names.set(entry.op, entry.name);
    if (entry.kind !== 'answer' || entry.at < at || entry.answer?.ok) continue;
    const code = entry.answer?.error.code ?? 'none';
    if (!failing.includes(code)) continue;
    const what = `${names.get(entry.op)} ${code}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${what}: ${count}`).join(', ');
}

const foreign = (scene: Scene): string[] =>
  scene.recorder.history.flatMap((entry) =>
    entry.kind === 'answer' && /MOVED|ASK |TRYAGAIN|CLUSTERDOWN/.test(JSON.stringify(entry.answer))
      ? [JSON.stringify(entry)]
      : [],
  );

export const masterKilled: Row = {
  name: 'cluster-master',
  fault: 'Cluster: a master is killed',
  store: 'cluster',
  figures: {
    silent: { title: 'silent room', unit: 'ms', budget: { at: 'max', limit: SILENCE_LIMIT_MS } },
    failed: { title: 'failed commands', unit: '%', budget: { at: 'max', limit: FAILED_MAX_PERCENT } },
    repeated: { title: 'calls to be repeated', unit: '%' },
    beliefOverlap: { title: 'belief overlap', unit: 'ms', budget: { at: 'max', limit: 10_000 } },
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const { group } = cluster.storeAs('cluster');
        const victim = await group.ownerOf(slotOf(`{${scene.parties[0]?.roomId}}`));
        const hit: string[] = [];
        for (const { roomId } of scene.parties) {
          if ((await group.ownerOf(slotOf(`{${roomId}}`))).id === victim.id) hit.push(roomId);
        }
        victim.server.process.kill('SIGKILL');
        const receivedSince = (roomId: string, since: number) =>
          scene.recorder.history.some(
            (entry) => entry.at > since && 'roomId' in entry && entry.roomId === roomId && entry.kind === 'updates',
          );
        await pauseMs(500);
        const silence = hit.map((roomId) => untilTrue(() => receivedSince(roomId, at + 500), RECOVERY_DEADLINE_MS));
        const silent = (await Promise.all(silence)).map((ms) => (ms === null ? Number.POSITIVE_INFINITY : ms + 500));
        return {
          judged: { lossIsAllowed: true },
          notes: [failures(scene, at)],
          figures: { silent },
          afterwards: () => ({
            holds: { 'no client learns of slots': foreign(scene) },
            figures: { failed: [failedCommands(scene, at)], repeated: [failedCalls(scene, at)] },
          }),
        };
      },
    }),
};

export const reshard: Row = {
  name: 'cluster-reshard',
  fault: 'Cluster: slots resharded under load',
  store: 'cluster',
  figures: {
    lag: { title: 'longest lag of a feed', unit: 'ms', budget: { at: 'max', limit: SILENCE_LIMIT_MS } },
    failed: { title: 'failed calls', unit: '%', budget: { at: 'max', limit: FAILED_MAX_PERCENT } },
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const { group } = cluster.storeAs('cluster');
        for (const { roomId } of scene.parties) {
          const slot = slotOf(`{${roomId}}`);
          const owner = await group.ownerOf(slot);
          const next = group.masters.find(({ id }) => id !== owner.id);
          if (next) await group.moveSlot(slot, next, () => pauseMs(100));
        }
        return {
          notes: [failures(scene, at)],
          afterwards: () => ({
            holds: { 'no client learns of slots': foreign(scene) },
            figures: {
              failed: [failedCalls(scene, at)],
              lag: lagsIn(scene.recorder.history, { from: at }).map(({ ms }) => ms),
            },
          }),
        };
      },
    }),
};

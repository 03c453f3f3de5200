// Rows: a node is cut off from Redis for 5, 20 and 60 seconds, both ways, without RST.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { BLACK_HOLE, CLEAR } from '../../support/tcp-proxy.ts';
import { seatsLost } from '../judge.ts';
import { answerTimesOf, markedAway, play } from '../play.ts';
import type { Row } from './row.ts';

const LEASE_MAX_MS = 7_000;
/** The rooms' grace: a member out of reach for longer loses the seat, as it should be. */
const GRACE_MS = 45_000;
const HEAL_DEADLINE_MS = 30_000;

const cut = (seconds: number): Row => ({
  name: `cut-${seconds}`,
  fault: `node cut from Redis ${seconds} s`,
  store: 'standalone',
  figures: {
    marked: { title: 'vanished member marked', unit: 'ms', budget: { at: 'max', limit: LEASE_MAX_MS } },
    healed: { title: 'node works again', unit: 'ms', budget: { at: 'max', limit: 5_000 } },
    answers: { title: 'time to an answer', unit: 'ms', budget: { at: 'max', limit: 2_000 } },
    beliefOverlap: { title: 'belief overlap', unit: 'ms', budget: { at: 'max', limit: 0 } },
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene, at) => {
        const node = cluster.node(options.seed % cluster.nodes.length);
        const there = scene.on(node);
        const sitters = scene.parties.flatMap((party) => party.sitters);
        const sitting = there.filter((one) => one.seat !== null && sitters.includes(one));
        node.proxy.weather = BLACK_HOLE;
        await pauseMs(seconds * 1_000);
        const isLong = seconds * 1_000 > LEASE_MAX_MS;
        const marked = isLong ? markedAway(scene, sitting, at) : [];
        const healAt = monotonicMs();
        node.proxy.weather = CLEAR;
        // Each client that is still on that node sends a message until it is accepted.
        const stayed = there.filter((one) => one.node === node && one.isInside);
        const healed = stayed.map(async (one) => {
          const answer = await one.wish(
            'message:send',
            { kind: 'chat', body: { text: `${one.userId} is back` } },
            HEAL_DEADLINE_MS,
          );
          return answer?.ok ? monotonicMs() - healAt : Number.POSITIVE_INFINITY;
        });
        const isKept = seconds * 1_000 < GRACE_MS;
        return {
          judged: {},
          figures: { marked, healed: await Promise.all(healed) },
          afterwards: () => ({
            holds: isKept ? { 'no seat is lost': seatsLost(scene, at) } : {},
            figures: { answers: answerTimesOf(there, { from: at, until: healAt }) },
          }),
        };
      },
    }),
});

export const cuts: readonly Row[] = [cut(5), cut(20), cut(60)];

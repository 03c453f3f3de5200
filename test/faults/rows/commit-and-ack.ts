// Row: a node dies between the commit and its ack, and the client repeats the command on another node.
import { CLEAR } from '../../support/tcp-proxy.ts';
import type { FaultClient } from '../client.ts';
import { type Cluster, roleOf } from '../cluster.ts';
import { untilTrue } from '../deadline.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import type { Row } from './row.ts';

export const commitAndAck: Row = {
  name: 'commit-and-ack',
  fault: 'kill between commit and ack; retry elsewhere',
  store: 'standalone',
  figures: { resolved: { title: 'answer after the kill', unit: 'ms', budget: { at: 'max', limit: 10_000 } } },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      // Quiet rooms, so that this command's commit reaches the store, and its reply is the one that is lost.
      scene: { rate: 5 },
      beforeMs: 200,
      fault: async (scene) => {
        const times: number[] = [];
        const wrong: string[] = [];
        for (let round = 0; round < (options.size === 'small' ? 1 : 5); round++) {
          const { ms, problem } = await once(scene, cluster, options.seed + round);
          times.push(ms);
          if (problem) wrong.push(problem);
        }
        return { figures: { resolved: times }, holds: { 'the repeated command gets the first answer': wrong } };
      },
    }),
};

async function once(scene: Scene, cluster: Cluster, seed: number): Promise<{ ms: number; problem: string | null }> {
  const party = scene.parties.find((_, index) => index % 2 === seed % 2) ?? scene.parties[0];
  const sitter = party?.sitters.find(({ node }) => node.state === 'up') as FaultClient;
  const victim = cluster.nodes.indexOf(sitter.node);
  const witness = party?.owner as FaultClient;
  await scene.load.stop();
  const target = [1, 2, 3, 4, 5, 6, 7, 8].find((seat) => !witness.view?.view.seats[seat]?.occupant) ?? 8;
  for (const link of cluster.node(victim).proxy.links()) {
    if (roleOf(link) === 'commands') link.weather = { holes: ['toClient'] };
  }
  const from = performance.now();
  const wish = sitter.wish('seat:move', { seat: target });
  // The commit is in the store once a witness, on this node or another, received it.
  const isSeen = () => scene.recorder.history.some((entry) => isMoveOf(entry, { userId: sitter.userId, target }));
  const seen = await untilTrue(isSeen, 800);
  await cluster.kill(victim);
  const answer = await wish;
  const ms = performance.now() - from;
  await cluster.replace(victim);
  for (const { proxy } of cluster.nodes) proxy.weather = CLEAR;
  scene.load.start();
  const moves = scene.recorder.history.flatMap((entry) =>
    isMoveOf(entry, { userId: sitter.userId, target }) ? entry.updates : [],
  );
  const versions = new Set(
    moves.filter(({ events }) => events.some(({ type }) => type === 'seat.moved')).map(({ version }) => version),
  );
  const answered = answer?.ok ? Number(answer.data.version) : null;
  if (seen === null) return { ms, problem: 'the commit was not seen before the kill' };
  return {
    ms,
    problem:
      answered !== null && versions.has(answered)
        ? null
        : `answered ${JSON.stringify(answer)}, seen at ${[...versions]}`,
  };
}

type Entry = Scene['recorder']['history'][number];
const isMoveOf = (
  entry: Entry,
  { userId, target }: { userId: string; target: number },
): entry is Extract<Entry, { kind: 'updates' }> =>
  entry.kind === 'updates' &&
  entry.updates.some(({ events }) =>
    events.some((event) => event.type === 'seat.moved' && event.userId === userId && event.to === target),
  );

// Some members stop reading while large messages go on: what the server keeps for them, and whether the others notice.
import { chatText } from '../chat-text.ts';
import { steady } from '../load/schedule.ts';
import { pauseMs } from '../monotonic.ts';
import type { ServerUnderTest } from '../process/server-under-test.ts';
import { broadcast, OBSERVERS } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { assemble, onStage } from './stage.ts';

const STALLED = 10;
/** Close to the largest allowed body: the kernel takes 4 MB before a server notices that a client does not read. */
const PADDING = 'x'.repeat(1_900);
const SAMPLE_EVERY_MS = 1_000;

export const stalled: Scenario = {
  name: 'stalled',
  title: `${STALLED} members that do not read`,
  subjects: ['maiwei'],
  size: { members: 1_000, rate: 150, seconds: 20 },
  measure: ({ subject, size: { members, rate, seconds } }) =>
    onStage({ subject }, async (stage): Promise<Measured> => {
      const assembled = await assemble(stage, { subject, members, observers: OBSERVERS });
      const [server] = stage.servers as [ServerUnderTest];
      const count = Math.min(STALLED, Math.floor(assembled.crowdSize / 2));
      await stage.crowd.ask('stall', count);
      const connections = await connectionsOf(server);
      const memory = await sampleMemory(server);
      const { cost: _, ...measured } = await broadcast(stage, assembled, {
        schedule: steady(rate, seconds),
        seconds,
        listeners: assembled.crowdSize - count,
        message: (seq, sentAtMs) => ({ kind: 'custom', body: { text: chatText({ seq, sentAtMs }), padding: PADDING } }),
      });
      const heldBytes = await memory.peak();
      const left = await connectionsOf(server);
      return {
        ...measured,
        numbers: {
          ...measured.numbers,
          heldKiBPerStalled: heldBytes / 1_024 / count,
          ...(connections === null || left === null ? {} : { stalledEnded: connections - left }),
        },
      };
    }),
};

/** Samples until `peak()` is called, which returns the largest increase from now on. */
async function sampleMemory(server: ServerUnderTest): Promise<{ peak(): Promise<number> }> {
  const before = await server.usage('collected');
  let isOver = false;
  let most = 0;
  const sample = async () => {
    const { heldBytes } = await server.usage('collected');
    most = Math.max(most, heldBytes - before.heldBytes);
  };
  const sampling = (async () => {
    while (!isOver) {
      await pauseMs(SAMPLE_EVERY_MS);
      await sample();
    }
  })();
  // An error reaches the caller when it asks for the peak.
  sampling.catch(() => undefined);
  return {
    async peak() {
      isOver = true;
      await sampling;
      return most;
    },
  };
}

/** From the server's own metrics; null where it has none. */
async function connectionsOf({ host, opsPort }: ServerUnderTest): Promise<number | null> {
  const page = await fetch(`http://${host}:${opsPort}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );
  const [, connections] = /^maiwei_connections (\d+)/m.exec(page) ?? [];
  return connections === undefined ? null : Number(connections);
}

// Well-behaved new connections: one after the other connects and leaves, and the time of each is taken.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { RawConnection } from '../../hostile/raw-connection.ts';
import { type Cluster, SECRET } from '../cluster.ts';
import { tokenFor } from '../token.ts';

const EACH_MS = 50;
/** The pause before a busy server is asked again. */
const AGAIN_MS = 200;
const PATIENCE_MS = 15_000;

/**
 * Connects to all servers in turn until `stop()`, which resolves with the times in milliseconds; Infinity: not let in.
 */
export function startKnocking(cluster: Cluster): { stop(): Promise<number[]> } {
  const times: Promise<number>[] = [];
  let isOver = false;
  const knocking = (async () => {
    for (let turn = 0; !isOver; turn++) {
      const { server } = cluster.node(turn);
      times.push(knock(server.url, `newcomer-${turn % 100}`));
      await pauseMs(EACH_MS);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await knocking;
      return Promise.all(times);
    },
  };
}

/** How long it took until the connection was let in, refusals included. */
export async function knock(url: string, userId: string): Promise<number> {
  const from = monotonicMs();
  const token = tokenFor(userId, SECRET);
  while (monotonicMs() - from < PATIENCE_MS) {
    if (await isLetIn(url, token)) return monotonicMs() - from;
    await pauseMs(AGAIN_MS);
  }
  return Number.POSITIVE_INFINITY;
}

/** Whether a handshake with that token is accepted. */
export async function isLetIn(url: string, token: string): Promise<boolean> {
  const letIn = RawConnection.admitted(url, token).then((connection) => {
    const isIn = connection.texts.some((text) => text.startsWith('40{"sid"'));
    connection.destroy();
    return isIn;
  });
  return Promise.race([letIn, pauseMs(PATIENCE_MS).then(() => false)]);
}

/** A connection that is admitted, or refused finally. A busy server is asked again, as by any client. */
export const admitted = (url: string, token: string): Promise<RawConnection> =>
  unlessBusy(() => RawConnection.admitted(url, token));

/** The same, but only upgraded. */
export const opened = (url: string): Promise<RawConnection> => unlessBusy(() => RawConnection.open(url));

async function unlessBusy(open: () => Promise<RawConnection>): Promise<RawConnection> {
  const from = monotonicMs();
  for (;;) {
    const connection = await open();
    const isBusy = connection.head.startsWith('HTTP/1.1 503');
    if (!isBusy || monotonicMs() - from > PATIENCE_MS) return connection;
    connection.destroy();
    await pauseMs(AGAIN_MS);
  }
}

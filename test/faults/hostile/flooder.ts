// One user who floods: many frames a second on one connection, and at once on a new one when that is ended.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { frame, opcodes, text } from '../../hostile/raw-connection.ts';
import { SECRET } from '../cluster.ts';
import { tokenFor } from '../token.ts';
import { admitted } from './knocking.ts';

const STEP_MS = 10;
const AGAIN_MS = 100;

/** The frame of each kind of flood. */
export const floods: Readonly<Record<string, Buffer>> = {
  events: text('421["room:list",{}]'),
  'tiny frames': frame({ opcode: opcodes.ping, payload: Buffer.alloc(0) }),
  'engine.io pongs': text('3'),
};

interface Flooding {
  readonly url: string;
  readonly userId: string;
  readonly piece: Buffer;
  readonly perSecond: number;
  readonly forMs: number;
}

export interface Flooded {
  readonly sent: number;
  /** Connections that the server ended. */
  readonly ended: number;
  /** The error codes of refusals and ends. */
  readonly codes: ReadonlySet<string>;
}

export async function flood({ url, userId, piece, perSecond, forMs }: Flooding): Promise<Flooded> {
  const until = monotonicMs() + forMs;
  const step = Buffer.concat(Array.from({ length: Math.ceil((perSecond * STEP_MS) / 1_000) }, () => piece));
  const codes = new Set<string>();
  let [sent, ended] = [0, 0];
  while (monotonicMs() < until) {
    const connection = await admitted(url, tokenFor(userId, SECRET));
    let isOver = false;
    void connection.dismissed.then(() => {
      isOver = true;
    });
    const from = monotonicMs();
    let steps = 0;
    while (!isOver && monotonicMs() < until) {
      for (; steps * STEP_MS <= monotonicMs() - from; steps++) {
        connection.write([step]);
        sent += step.length / piece.length;
      }
      await pauseMs(STEP_MS);
    }
    for (const message of connection.texts) {
      for (const [, code = ''] of message.matchAll(/"code":"([A-Z_]+)"/g)) codes.add(code);
    }
    if (isOver) ended++;
    connection.destroy();
    await pauseMs(AGAIN_MS);
  }
  return { sent, ended, codes };
}

// Clients that begin and never finish (slowloris): TCP alone, half an HTTP request, a header line from time to time, an
// upgrade without a CONNECT.
import { connect } from 'node:net';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';

const HALF = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');
const DRIP = 'X-More: to come\r\n';
const DRIP_EACH_MS = 1_000;
/** The number of each kind at a time, small enough that they are let in at all. */
const BATCH = 10;
const BATCH_EACH_MS = 50;

/** What each kind sends at once, and what it adds each second. */
const kinds: readonly { readonly first: string; readonly drip: string }[] = [
  { first: '', drip: '' },
  { first: HALF, drip: '' },
  { first: HALF, drip: DRIP },
  { first: HALF + UPGRADE, drip: '' },
];

interface Idling {
  readonly ports: readonly number[];
  /** The number of each kind. */
  readonly count: number;
  /** A socket that is still open after this is not waited for. */
  readonly waitMs: number;
}

/** How long each socket stayed open, milliseconds; Infinity: longer than the wait. */
export async function idle({ ports, count, waitMs }: Idling): Promise<number[]> {
  const times: Promise<number>[] = [];
  for (let begun = 0; begun < count; begun += BATCH) {
    for (let index = begun; index < Math.min(count, begun + BATCH); index++) {
      const port = ports[index % ports.length] as number;
      times.push(...kinds.map((kind) => openTime(port, { ...kind, waitMs })));
    }
    await pauseMs(BATCH_EACH_MS);
  }
  return Promise.all(times);
}

interface IdleSocket {
  readonly first: string;
  readonly drip: string;
  readonly waitMs: number;
}

function openTime(port: number, { first, drip, waitMs }: IdleSocket): Promise<number> {
  return new Promise((resolve) => {
    const from = monotonicMs();
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => socket.write(first));
    socket.on('error', () => undefined);
    // It reads and ignores what the server sends.
    socket.resume();
    const dripping = setInterval(() => drip !== '' && socket.write(drip), DRIP_EACH_MS);
    const giveUp = setTimeout(() => end(Number.POSITIVE_INFINITY), waitMs);
    const end = (ms: number) => {
      clearInterval(dripping);
      clearTimeout(giveUp);
      socket.destroy();
      resolve(ms);
    };
    socket.once('close', () => end(monotonicMs() - from));
  });
}

/** A server's port. */
export const portOf = (url: string): number => Number(new URL(url).port);

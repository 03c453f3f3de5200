// Payloads that are huge, deep or in a thousand pieces, and requests with too many headers.
import { connect } from 'node:net';
import { giants } from '../../hostile/frames.ts';
import { frame, opcodes, text } from '../../hostile/raw-connection.ts';
import { portOf } from './idle-sockets.ts';
import { admitted } from './knocking.ts';

const PACKET_MAX_BYTES = 16 * 1024;
const DEEP = 100_000;
const nothing = Buffer.alloc(0);

export interface Giant {
  readonly name: string;
  readonly frames: readonly Buffer[];
  /** `answered`: with a code, and the connection goes on. `ended`: only its own connection ends. */
  readonly fate: 'answered' | 'ended';
}

const fragments = (count: number, part: Buffer): Buffer[] => [
  frame({ opcode: opcodes.text, flags: 0, payload: Buffer.from('3') }),
  ...Array.from({ length: count }, () => frame({ opcode: opcodes.continuation, flags: 0, payload: part })),
  frame({ opcode: opcodes.continuation, payload: nothing }),
];
const attachment = frame({ opcode: opcodes.binary, payload: Buffer.from('x') });

export const allGiants: readonly Giant[] = [
  ...Object.entries(giants).map(([name, packet]): Giant => ({ name, frames: [text(packet)], fate: 'answered' })),
  { name: 'a packet above 16 KiB', frames: [text('3'.repeat(PACKET_MAX_BYTES + 1))], fate: 'ended' },
  {
    name: 'JSON 100,000 deep',
    frames: [text(`427["room:leave",${'['.repeat(DEEP)}${']'.repeat(DEEP)}]`)],
    fate: 'ended',
  },
  {
    name: '1,000 attachments',
    frames: [
      text('451000-7["room:leave",{"_placeholder":true,"num":999}]'),
      ...Array.from({ length: 1_000 }, () => attachment),
    ],
    fate: 'ended',
  },
  { name: '10,000 empty fragments', frames: fragments(10_000, nothing), fate: 'ended' },
  { name: '15,000 fragments of a byte', frames: fragments(15_000, Buffer.from('x')), fate: 'ended' },
];

/** What went wrong; null when the fate was the right one. */
export async function sendGiant(
  url: string,
  { token, giant }: { token: string; giant: Giant },
): Promise<string | null> {
  const connection = await admitted(url, token);
  connection.write(giant.frames);
  const answer = await connection.received((message) => message.startsWith('437['));
  const isAnswered = answer !== null && /"code":"(BAD_REQUEST|UNKNOWN_EVENT)"/.test(answer);
  connection.destroy();
  if (giant.fate === 'answered') return isAnswered ? null : `${giant.name}: ${answer?.slice(0, 100) ?? 'ended'}`;
  return answer === null ? null : `${giant.name}: ${answer.slice(0, 100)}`;
}

/** An upgrade with this number of headers. Resolves with the first line of the answer, empty without one. */
export function sendHeaders(url: string, count: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: portOf(url) });
    let received = '';
    const lines = Array.from({ length: count }, (_, index) => `X-Header-${index}: ${'v'.repeat(20)}`);
    socket.on('connect', () =>
      socket.write(
        `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines.join('\r\n')}\r\n\r\n`,
      ),
    );
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received.split('\r\n')[0] ?? ''));
  });
}

/** A request with a body of this depth; resolves with its status. */
export async function sendDeepBody(url: string, { token, depth }: { token: string; depth: number }): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  return (await fetch(`${url}/v1/users/nobody/revoke`, { method: 'POST', headers, body })).status;
}

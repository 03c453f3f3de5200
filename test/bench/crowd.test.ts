// The cheap clients against a server made by hand that does what it is told: loses, doubles, compresses, cuts, refuses.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chatText } from '../../bench/chat-text.ts';
import { Crowd, type Gathering } from '../../bench/load/crowd.ts';
import { monotonicMs } from '../../bench/monotonic.ts';

const CONTEXT_FREE = 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n';

function frame(payload: Buffer, first = 0x81): Buffer {
  const { length } = payload;
  const header = length < 126 ? Buffer.from([first, length]) : Buffer.from([first, 126, length >> 8, length & 255]);
  return Buffer.concat([header, payload]);
}
const plain = (text: string) => frame(Buffer.from(text));
const compressed = (text: string) =>
  frame(deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4), 0xc1);
const news = (...seqs: number[]) =>
  `42${JSON.stringify(['room:messages', { messages: seqs.map((seq) => ({ text: chatText({ seq, sentAtMs: monotonicMs() }) })) }])}`;

let server: Server;
let crowd: Crowd;
let sockets: Socket[];
let received: string;
let extensions = CONTEXT_FREE;
let answer = '[{"ok":true,"data":{}}]';

beforeEach(async () => {
  sockets = [];
  received = '';
  crowd = new Crowd();
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      // The mask is 0, so that texts can be read as they come.
      const text = bytes.toString('latin1');
      received += text;
      if (text.startsWith('GET')) socket.write(`HTTP/1.1 101 Switching Protocols\r\n${extensions}\r\n`);
      if (text.startsWith('GET')) socket.write(plain('0{"sid":"x"}'));
      if (text.includes('40{')) socket.write(plain('40{"sid":"y"}'));
      const [, id] = /42(\d+)\["room:join"/.exec(text) ?? [];
      if (id !== undefined) socket.write(plain(`43${id}${answer}`));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  crowd.disperse();
  server.close();
  answer = '[{"ok":true,"data":{}}]';
  extensions = CONTEXT_FREE;
});

const gather = (count: number, more: Partial<Gathering> = {}) =>
  crowd.gather({
    servers: [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }],
    count,
    prefix: 'guest-',
    secret: 'secret',
    deflate: true,
    enter: [['room:join', { roomId: 'room-{n}' }]],
    concurrency: 2,
    ...more,
  });

/** Everything that was written has been read: each member has answered a ping that came last, and `pings` before. */
async function quiet({ pings = 0 } = {}): Promise<void> {
  const answers = () => received.split('\x81\x81\0\0\0\x003').length - 1;
  const due = answers() + sockets.length * (1 + pings);
  for (const socket of sockets) socket.write(plain('2'));
  await expect.poll(answers).toBe(due);
}

describe('a crowd', () => {
  test('comes in with tokens, numbers and commands of its own', async () => {
    expect(await gather(5)).toMatchObject({ ready: 5, problems: [] });
    expect(received).toContain('"roomId":"room-4"');
    expect(received).toContain('&deflate=1 HTTP/1.1');
    expect(received).toContain('"protocol":"1"');
  });

  test('that is refused says why', async () => {
    answer = '[{"ok":false,"error":{"code":"ROOM_FULL"}}]';
    const { ready, problems } = await gather(1);
    expect(ready).toBe(0);
    expect(problems[0]).toContain('ROOM_FULL');
  });

  test('books what comes plain, compressed, batched, and cut into bytes', async () => {
    await gather(3);
    crowd.expect({ from: 10, count: 5, members: 3 });
    const bytes = Buffer.concat([plain(news(9, 10)), compressed(news(11, 12)), plain(news(13)), compressed(news(14))]);
    for (const [index, socket] of sockets.entries()) {
      if (index !== 1) socket.write(bytes);
      else for (const byte of bytes) socket.write(Buffer.from([byte]));
    }
    await quiet();
    const { tally, bytes: received } = crowd.count();
    expect(tally).toMatchObject({ delivered: 15, doubled: 0, last: { count: 5 } });
    expect(received).toBeGreaterThan(3 * bytes.length);
  });

  test.each([
    ['lost', { delivered: 5, doubled: 0 }, () => plain(news(1))],
    ['doubled', { delivered: 6, doubled: 1 }, () => Buffer.concat([compressed(news(0, 1)), plain(news(1))])],
    ['lost and another doubled', { delivered: 5, doubled: 1 }, () => compressed(news(1, 1))],
  ])('finds a single event that was %s at one member', async (_what, tally, toTheLast) => {
    await gather(3);
    crowd.expect({ from: 0, count: 2, members: 3 });
    for (const socket of sockets.slice(0, 2)) socket.write(compressed(news(0, 1)));
    sockets[2]?.write(toTheLast());
    await quiet();
    expect(crowd.count().tally).toMatchObject(tally);
  });

  test('counts the frames of a sender that keeps its context, and answers its pings', async () => {
    extensions = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';
    await gather(2);
    crowd.expect({ from: 0, count: 2, members: 2 });
    for (const socket of sockets)
      socket.write(Buffer.concat([compressed(news(0)), compressed('2'), compressed(news(1))]));
    await quiet({ pings: 1 });
    expect(crowd.count().tally).toMatchObject({ delivered: 4, doubled: 0, each: { count: 0 } });
  });

  test('notices when the server ends a connection', async () => {
    await gather(2);
    sockets[0]?.write(frame(Buffer.from([0x03, 0xe8]), 0x88));
    await expect.poll(() => crowd.count()).toMatchObject({ ended: 1, problems: ['closed with 1000'] });
  });
});

// The negotiation of compression; and that the installed engine.io and ws do what compression.ts expects of them.
import { io as connectTo, type Socket } from 'socket.io-client';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { deflateMessage } from '../../src/delivery/deflate.ts';
import { sharesFrames } from '../../src/transport/compression.ts';
import { RawConnection, text, withCompression } from '../hostile/raw-connection.ts';
import { AppClient, devToken } from '../support/app-client.ts';
import { startTestApp } from '../support/test-app.ts';
import { type BareServer, sharedFrame, startBareServer, underneath } from './bare-server.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function start(how: { readonly polling?: boolean } = {}): Promise<BareServer> {
  const server = await startBareServer(how);
  endings.push(() => server.stop());
  return server;
}

/** The server's answer to the offer, and whether it will send shared frames. */
async function negotiate(server: BareServer, how: { query?: string; extensions?: string }) {
  const connection = await RawConnection.open(server.url, how);
  endings.push(() => connection.destroy());
  const accepted = /^Sec-WebSocket-Extensions: (.*)$/im.exec(connection.head)?.[1]?.trim() ?? null;
  return { connection, accepted, isSharing: sharesFrames(underneath(server.connections.at(-1)).socket) };
}

/** A real client, connected. */
async function join(server: BareServer, options: object = {}): Promise<Socket> {
  const socket = connectTo(server.url, { transports: ['websocket'], query: { deflate: '1' }, ...options });
  endings.push(() => socket.disconnect());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket;
}

/** The client's own WebSocket, below engine.io. */
const webSocketOf = (socket: Socket) =>
  (socket.io.engine.transport as unknown as { ws: WebSocket & { _extensions: Record<string, { compress(): void }> } })
    .ws;

const OFFER = 'permessage-deflate; client_max_window_bits';
const ACCEPTED = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

test.each(['', '&deflate=0', '&deflate=11', '&deflate=', '&deflate', '&xdeflate=1'])(
  '[CONN-9] without the query a client gets no compression, whatever it offers: "%s"',
  async (query) => {
    const server = await start();
    expect(await negotiate(server, { query, extensions: OFFER })).toMatchObject({ accepted: null, isSharing: false });
    // Then an offer that cannot be read does not matter.
    expect(await negotiate(server, { query, extensions: 'permessage-deflate; foo=1' })).toMatchObject({
      accepted: null,
    });
  },
);

test.each([
  ['permessage-deflate', ACCEPTED, true],
  [OFFER, ACCEPTED, true],
  ['permessage-deflate; server_no_context_takeover', ACCEPTED, true],
  ['permessage-deflate; server_max_window_bits=15', /server_max_window_bits=15/, true],
  ['permessage-deflate; client_max_window_bits=9', /client_max_window_bits=9/, true],
  ['permessage-deflate; server_max_window_bits=10', /server_max_window_bits=10/, false],
  ['permessage-deflate; server_max_window_bits=8; client_max_window_bits', /server_max_window_bits=8/, false],
  ['permessage-deflate; server_max_window_bits=14, permessage-deflate', /server_max_window_bits=14/, false],
  ['x-webkit-deflate-frame', null, false],
  ['x-webkit-deflate-frame, permessage-deflate', ACCEPTED, true],
  [undefined, null, false],
])(
  '[CONN-9] a client that asks and offers "%s" gets that; shared frames only with the full window',
  async (extensions, answer, isSharing) => {
    const server = await start();
    const how = { query: '&deflate=1', ...(extensions === undefined ? {} : { extensions }) };
    const outcome = await negotiate(server, how);
    expect(outcome.isSharing).toBe(isSharing);
    if (answer instanceof RegExp) {
      expect(outcome.accepted).toMatch(answer);
      expect(outcome.accepted).toMatch(/server_no_context_takeover; client_no_context_takeover/);
    } else expect(outcome.accepted).toBe(answer);
  },
);

test('[CONN-9] an offer that breaks the protocol is refused with 400', async () => {
  const server = await start();
  const connection = await RawConnection.open(server.url, {
    ...withCompression,
    extensions: 'permessage-deflate; foo=1',
  });
  endings.push(() => connection.destroy());
  expect(connection.head).toMatch(/^HTTP\/1\.1 400 /);
  expect(server.connections).toEqual([]);
});

test('[CONN-9] ws compresses nothing that the server sends, so nothing waits for a compressor', async () => {
  const server = await start();
  const { connection } = await negotiate(server, withCompression);
  connection.write([text('40')]);
  await connection.received((message) => message.startsWith('40{'));
  connection.write([text('421["give",5000]'), text('422["give",5]')]);
  expect(await connection.received((message) => message.startsWith('432'))).toBe('432["xxxxx"]');
  expect(connection.texts.find((message) => message.startsWith('431'))).toHaveLength(5_000 + '431[""]'.length);
  server.io.emit('session:expiring', { at: 1 });
  server.io.local.emit('service:message', { body: { text: 'y'.repeat(5_000) } } as never);
  await connection.received((message) => message.includes('yyyyy'));
  expect(connection.compressedFrames).toBe(0);
  const { socket } = underneath(server.connections[0]);
  expect(socket._extensions['permessage-deflate']?._deflate).toBeNull();
});

test.each([
  ['negotiated', {}, {}],
  ['not negotiated', {}, { query: {} }],
  ['negotiated, after long-polling', { polling: true }, { transports: ['polling', 'websocket'] }],
])('[CONN-9] broadcasts are encoded once: %s', async (_what, how, options) => {
  const server = await start(how);
  const client = await join(server, options);
  await vi.waitFor(() => expect(server.connections[0]?.transport.name).toBe('websocket'));
  const transport = underneath(server.connections[0]);
  expect(sharesFrames(transport.socket)).toBe(!('query' in options));
  expect(transport._canSendPreEncodedFrame({ options: { wsPreEncodedFrame: [] } })).toBe(true);
  const received = new Promise((resolve) => client.once('session:expiring', resolve));
  server.io.emit('session:expiring', { at: 7 });
  expect(await received).toEqual({ at: 7 });
});

test.each([
  ['in a frame with a short length', { at: 1 }],
  ['in a frame with a long length', { at: 1, text: Array.from({ length: 400 }, (_, index) => index * index).join() }],
])(
  '[CONN-9] a frame compressed once, written past engine.io and ws, is heard by each client: %s',
  async (_what, payload) => {
    const server = await start();
    const clients = [await join(server), await join(server), await join(server, { perMessageDeflate: true })];
    const bare = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&deflate=1`);
    endings.push(() => bare.close());
    const raw: string[] = [];
    bare.on('message', (data) => raw.push(String(data)));
    await vi.waitFor(() => expect(server.connections).toHaveLength(4));

    const frame = sharedFrame(deflateMessage(`42${JSON.stringify(['session:expiring', payload])}`));
    const received = clients.map((client) => new Promise((resolve) => client.once('session:expiring', resolve)));
    for (const connection of server.connections) {
      const { socket } = underneath(connection);
      expect(sharesFrames(socket)).toBe(true);
      expect(socket._socket.write(frame)).toBe(true);
    }
    expect(await Promise.all(received)).toEqual([payload, payload, payload]);
    await vi.waitFor(() => expect(raw.at(-1)).toBe(`42${JSON.stringify(['session:expiring', payload])}`));
    // And what comes afterwards the usual way.
    expect(await Promise.all(clients.map((client) => client.emitWithAck('say', 'still here')))).toEqual(
      clients.map(() => 'still here'),
    );
  },
);

test.each([
  ['', {}],
  [', after long-polling', { POLLING: '1' }],
])('[CONN-9] a real client compresses its commands, and each is answered%s', async (_what, environment: object) => {
  const app = await startTestApp({ ...environment });
  endings.push(() => app.stop());
  const auth = { token: await devToken(app.url, { userId: 'alice' }), protocol: '1' };
  const transports = 'POLLING' in environment ? ['polling', 'websocket'] : ['websocket'];
  const client = await new AppClient(app.url, auth, { query: { deflate: '1' }, transports }).connect();
  endings.push(() => client.close());
  await vi.waitFor(() => expect(client.socket.io.engine.transport.name).toBe('websocket'));
  const webSocket = webSocketOf(client.socket);
  expect(webSocket.extensions).toBe('permessage-deflate');
  const compress = vi.spyOn(webSocket._extensions['permessage-deflate'] as { compress(): void }, 'compress');

  await client.do('room:create', { roomId: 'party', title: 'Party', seatMode: 'free' });
  const texts = Array.from({ length: 5 }, (_, index) => `${index} ${'玫瑰'.repeat(300)}`);
  const answers = texts.map((rose) => client.do('message:send', { roomId: 'party', kind: 'gift', body: { rose } }));
  expect(await Promise.all(answers)).toHaveLength(5);
  expect(compress).toHaveBeenCalledTimes(5);
  const messages = () => client.payloadsOf('room:messages').flatMap(({ messages }) => messages);
  await vi.waitFor(() => expect(messages()).toHaveLength(5));
  expect(messages().map((message) => 'body' in message && message.body)).toEqual(texts.map((rose) => ({ rose })));
});

// Checks the internals of socket.io, engine.io and ws on which the shortcut past Socket.IO relies: this fails when an
// update changes them. Each condition under which no frames may be written has a case that fails without it.
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { Server } from 'socket.io';
import { type Socket as ClientSocket, io as connectIo } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EncodedBatch } from '../../src/delivery/encoded-batch.ts';
import type { VoiceServer, VoiceSocket } from '../../src/transport/session.ts';
import { cutOff, Wire } from '../../src/transport/wire.ts';

/** The internals that the tests use. */
interface Internals {
  readonly readyState: string;
  readonly writeBuffer: readonly unknown[];
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    readonly socket: { readyState: number; _socket: NetSocket; _sender: { _state: number }; close(): void };
  };
  write(text: string): void;
  close(): void;
}

let http: HttpServer;
let server: VoiceServer;
let client: ClientSocket;
let socket: VoiceSocket;
let internals: Internals;
let wire: Wire;
const received: unknown[] = [];

async function open(options: object = {}, clientOptions: object = {}): Promise<void> {
  http = createServer();
  server = new Server(http, { transports: ['websocket'], pingInterval: 60_000, ...options });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const connected = new Promise<VoiceSocket>((resolve) =>
    server.once('connection', (one) => {
      wire = new Wire(one.conn);
      one.on('disconnect', () => wire.end());
      resolve(one);
    }),
  );
  const { port } = http.address() as AddressInfo;
  client = connectIo(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    ...clientOptions,
  });
  received.length = 0;
  client.onAny((event: string, payload: unknown) => received.push(event === 'end' ? event : payload));
  await new Promise<void>((resolve) => client.once('connect', resolve));
  socket = await connected;
  internals = socket.conn as unknown as Internals;
  // The greeting is written by now, but its callbacks may still come.
  await expect.poll(() => internals.writeBuffer.length === 0 && internals.transport.writable).toBe(true);
}

const batch = (...items: (string | number)[]) =>
  new EncodedBatch(items.map((one) => ({ event: 'signal', text: `2${JSON.stringify(['signal', one])}`, items: 1 })));
const emit = (event: string, payload?: unknown) => (socket as unknown as ClientSocket).emit(event, payload);
/** Resolves with all that was sent before, when the client has it. */
async function allReceived(): Promise<unknown[]> {
  emit('end');
  await expect.poll(() => received.at(-1)).toBe('end');
  return received.slice(0, -1);
}

afterEach(async () => {
  client.disconnect();
  await server.close();
});

describe('an open WebSocket', () => {
  beforeEach(() => open());

  test('[MSG-1] takes frames, which arrive as messages in order with those that go through Socket.IO', async () => {
    const order: (string | number)[] = [];
    let frames = 0;
    for (let round = 0; round < 200; round++) {
      order.push(round, `raw ${round}`, `raw too ${round}`);
      emit('usual', round);
      // The usual message is with ws at once, and so in the kernel's socket. The next ones may not be.
      if (wire.takesFrames) {
        frames++;
        wire.writeFrames(batch(`raw ${round}`, `raw too ${round}`).plain);
      } else {
        for (const { text } of batch(`raw ${round}`, `raw too ${round}`).packets) wire.writePacket(text);
      }
      if (round % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await allReceived()).toEqual(order);
    expect(frames).toBeGreaterThan(20);
    expect(frames).toBeLessThan(200);
  });

  test('[MSG-1] frames of every length are whole: 125, 126, 65,535, 65,536 bytes and more', async () => {
    for (const length of [1, 100, 125, 126, 127, 60_000, 65_535, 65_536, 200_000]) {
      // `42["signal","…"]` has 14 bytes around the text.
      wire.writeFrames(batch('x'.repeat(Math.max(0, length - 14))).plain);
      wire.writeFrames(batch(`汉字${length}`).plain);
    }
    const lengths = (await allReceived()).map((text) => (text as string).length);
    expect(lengths.filter((_, index) => index % 2 === 0)).toEqual([
      0, 86, 111, 112, 113, 59_986, 65_521, 65_522, 199_986,
    ]);
  });

  test('[MSG-1] takes none while engine.io still has packets to send: they would be overtaken', async () => {
    expect(wire.takesFrames).toBe(true);
    emit('usual', 1);
    expect(wire.takesFrames).toBe(true);
    emit('usual', 2);
    expect(internals.writeBuffer.length).toBe(1);
    expect(wire.takesFrames).toBe(false);
    for (const { text } of batch(3).packets) wire.writePacket(text);
    expect(await allReceived()).toEqual([1, 2, 3]);
  });

  test('[CONN-6] takes none after the namespace was left', () => {
    socket.disconnect();
    expect(internals.readyState).toBe('open');
    expect(internals.transport.socket._socket.writable).toBe(true);
    expect([wire.takesFrames, wire.takesPackets]).toEqual([false, false]);
  });

  test('[CONN-6] takes nothing while the connection closes, at once or when its buffer is empty', () => {
    emit('usual', 1);
    emit('usual', 2);
    internals.close();
    expect(internals.readyState).toBe('closing');
    expect([wire.takesFrames, wire.takesPackets]).toEqual([false, false]);
  });

  test('[CONN-6] takes none behind a close frame', () => {
    internals.transport.socket.close();
    expect(internals.readyState).toBe('open');
    expect(internals.transport.socket._socket.writable).toBe(true);
    expect(wire.takesFrames).toBe(false);
  });

  test('[CONN-6] takes none for a half-closed socket, which would throw', () => {
    internals.transport.socket._socket.end();
    expect([internals.readyState, internals.transport.socket.readyState]).toEqual(['open', 1]);
    expect(wire.takesFrames).toBe(false);
  });

  test('[CONN-6] takes none for a socket that ws has released', async () => {
    const ended = new Promise((resolve) => socket.once('disconnect', resolve));
    cutOff(socket.conn);
    await ended;
    expect([wire.takesFrames, wire.takesPackets, wire.backlogBytes]).toEqual([false, false, 0]);
  });
});

test('[CONN-1] long-polling takes no frames; after the upgrade to WebSocket it does', async () => {
  await open({ transports: ['polling', 'websocket'] }, { transports: ['polling', 'websocket'], upgrade: false });
  expect(internals.transport.name).toBe('polling');
  expect(wire.takesFrames).toBe(false);
  wire.writePacket(batch('polled').packets[0]?.text ?? '');
  expect(await allReceived()).toEqual(['polled']);
  client.disconnect();
  await server.close();
  await open({ transports: ['polling', 'websocket'] }, { transports: ['polling', 'websocket'] });
  await expect.poll(() => internals.transport.name).toBe('websocket');
  await expect.poll(() => wire.takesFrames).toBe(true);
  wire.writeFrames(batch('framed').plain);
  expect(await allReceived()).toEqual(['framed']);
});

describe('a client that does not read', () => {
  test('[MSG-2] its backlog is what waits in engine.io and in the stream', async () => {
    await open();
    const net = internals.transport.socket._socket;
    expect(wire.backlogBytes).toBe(0);
    // Bytes that the kernel does not take at once wait in the stream.
    net.cork();
    const { plain } = batch('x'.repeat(10_000));
    wire.writeFrames(plain);
    wire.writeFrames(plain);
    expect(wire.backlogBytes).toBe(2 * plain.length);
    emit('usual', 'y'.repeat(1_000));
    const inStream = net.writableLength;
    emit('usual', 'y'.repeat(1_000));
    emit('usual', 'y'.repeat(1_000));
    // `2["usual","…"]` has 13 bytes around the text.
    expect(wire.backlogBytes).toBe(inStream + 2 * 1_013);
    expect(wire.backlogBytes).toBe(inStream + 2 * 1_013);
    net.uncork();
    await allReceived();
    expect(wire.backlogBytes).toBe(0);
  });
});

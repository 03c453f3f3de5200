// Floods below Socket.IO: frames that are no commands, so small that one read brings thousands. Other clients get their
// turn, the flood is ended, and a client with unusual habits is left alone.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UNCOUNTED_MAX } from '../../src/transport/bounded-websocket.ts';
import { frame, opcodes, RawConnection, text } from '../hostile/raw-connection.ts';
import { type BareServer, startBareServer } from './bare-server.ts';

let server: BareServer;
const open: RawConnection[] = [];
beforeEach(async () => {
  server = await startBareServer();
});
afterEach(async () => {
  for (const connection of open.splice(0)) connection.destroy();
  await server.stop();
});

async function join(): Promise<RawConnection> {
  const connection = await RawConnection.open(server.url);
  open.push(connection);
  connection.write([text('40')]);
  await connection.received((message) => message.startsWith('40{"sid"'));
  return connection;
}

const many = (piece: Buffer, count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => piece));

const ping = frame({ opcode: opcodes.ping, payload: Buffer.alloc(0) });
const floods: readonly (readonly [string, Buffer])[] = [
  ['engine.io pongs', text('3')],
  ['acks that nobody waits for', text('43999[]')],
  ['pings', ping],
  ['pongs', frame({ opcode: opcodes.pong, payload: Buffer.alloc(0) })],
  [
    'messages in thousands of empty parts',
    Buffer.concat([
      frame({ opcode: opcodes.text, flags: 0, payload: Buffer.from('3') }),
      many(frame({ opcode: opcodes.continuation, flags: 0, payload: Buffer.alloc(0) }), 10_000),
      frame({ opcode: opcodes.continuation, payload: Buffer.alloc(0) }),
    ]),
  ],
];

describe('a client that floods', () => {
  test.each(floods)('[CONN-11] with %s is ended, and no other is', async (_what, piece) => {
    const bystander = await join();
    const flooder = await join();
    flooder.write([many(piece, UNCOUNTED_MAX + 1), text('421["say","late"]')]);
    await flooder.closed;
    bystander.write([text('425["say","fine"]')]);
    expect(await bystander.received((message) => message.startsWith('435'))).toBe('435["fine"]');
    expect(server.received).toEqual(['fine']);
  });

  test('[CONN-11] events do not count here: they have limits of their own', async () => {
    const connection = await join();
    connection.write([many(text('42["say",1]'), UNCOUNTED_MAX + 100), text('421["say","end"]')]);
    await connection.received((message) => message.startsWith('431'));
    expect(server.received).toHaveLength(UNCOUNTED_MAX + 101);
  });

  test('[CONN-11] a fast heartbeat of a hundred pings a second is accepted', async () => {
    const connection = await join();
    connection.write([many(ping, 1_000), text('421["say","end"]')]);
    expect(await connection.received((message) => message.startsWith('431'))).toBe('431["end"]');
  });
});

test('[CONN-11] while twenty clients send two thousand frames at once, others get their turn', async () => {
  const bystander = await join();
  const flooders = await Promise.all(Array.from({ length: 20 }, join));
  let handled = 0;
  for (const connection of server.connections.slice(1)) connection.on('packet', () => handled++);
  // All of it is in the kernel when the server reads next. The question comes last.
  for (const flooder of flooders) flooder.write([many(text('3'), 2_000)]);
  bystander.write([text('425["say","fine"]')]);
  await bystander.received((message) => message.startsWith('435'));
  expect(handled).toBeLessThan(2_000);
});

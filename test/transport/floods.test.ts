// Floods below Socket.IO: frames that are no commands, so small that thousands come with one read. Others get their turn,
// the flood has an end, and a client with habits of its own is left alone.
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
  await connection.heard((message) => message.startsWith('40{"sid"'));
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

describe('whoever floods', () => {
  test.each(floods)('[CONN-11] with %s is ended, and nobody else', async (_what, piece) => {
    const bystander = await join();
    const flooder = await join();
    flooder.write([many(piece, UNCOUNTED_MAX + 1), text('421["say","late"]')]);
    await flooder.closed;
    bystander.write([text('425["say","fine"]')]);
    expect(await bystander.heard((message) => message.startsWith('435'))).toBe('435["fine"]');
    expect(server.heard).toEqual(['fine']);
  });

  test('[CONN-11] events count for nothing here: they have limits of their own', async () => {
    const connection = await join();
    connection.write([many(text('42["say",1]'), UNCOUNTED_MAX + 100), text('421["say","end"]')]);
    await connection.heard((message) => message.startsWith('431'));
    expect(server.heard).toHaveLength(UNCOUNTED_MAX + 101);
  });

  test('[CONN-11] a heartbeat as fast as a hundred a second would be disturbs nobody', async () => {
    const connection = await join();
    connection.write([many(ping, 1_000), text('421["say","end"]')]);
    expect(await connection.heard((message) => message.startsWith('431'))).toBe('431["end"]');
  });
});

test('[CONN-11] while twenty send two thousand frames in one go, others have their turn', async () => {
  const bystander = await join();
  const flooders = await Promise.all(Array.from({ length: 20 }, join));
  let handled = 0;
  for (const connection of server.connections.slice(1)) connection.on('packet', () => handled++);
  // In the kernel together, so that all of it is there when the server next looks: the question as the last.
  for (const flooder of flooders) flooder.write([many(text('3'), 2_000)]);
  bystander.write([text('425["say","fine"]')]);
  await bystander.heard((message) => message.startsWith('435'));
  expect(handled).toBeLessThan(2_000);
});

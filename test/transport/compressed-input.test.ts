// Compressed messages of clients: whole, in fragments, broken, and hostile.
import { constants, createDeflateRaw, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  deflated,
  FIN,
  frame,
  opcodes,
  RawConnection,
  RSV1,
  squeezed,
  text,
  withCompression,
} from '../hostile/raw-connection.ts';
import { type BareServer, startBareServer, underneath } from './bare-server.ts';

let server: BareServer;
const open: RawConnection[] = [];
beforeEach(async () => {
  server = await startBareServer();
});
afterEach(async () => {
  for (const connection of open.splice(0)) connection.destroy();
  await server.stop();
});

/** Connected to the namespace, with compression. */
async function join(): Promise<RawConnection> {
  const connection = await RawConnection.open(server.url, withCompression);
  open.push(connection);
  connection.write([squeezed('40')]);
  await connection.received((message) => message.startsWith('40{'));
  return connection;
}

const sayPacket = (what: string, id = ''): string => `42${id}["say","${what}"]`;
const answered = (connection: RawConnection, id: string) =>
  connection.received((message) => message.startsWith(`43${id}[`));
/** A message cut into frames of `bytes` each. Only the first frame is marked as compressed. */
const fragments = (payload: Buffer, bytes: number): Buffer[] => {
  const count = Math.max(1, Math.ceil(payload.length / bytes));
  return Array.from({ length: count }, (_, index) =>
    frame({
      opcode: index === 0 ? opcodes.text : opcodes.continuation,
      payload: payload.subarray(index * bytes, (index + 1) * bytes),
      flags: (index === 0 ? RSV1 : 0) | (index === count - 1 ? FIN : 0),
    }),
  );
};
const nothing = Buffer.alloc(0);
const part = (opcode: number, flags: number, payload: Buffer = nothing) => frame({ opcode, payload, flags });
const ping = frame({ opcode: opcodes.ping, payload: Buffer.from('in between') });

const inOnePacketOf = (bytes: number) => sayPacket('x'.repeat(bytes - sayPacket('').length));
const LIMIT = 16 * 1024;

test('[CONN-9] nothing is kept for a connection, however much it has sent compressed', async () => {
  const connection = await join();
  connection.write([squeezed(sayPacket('你好 '.repeat(200), '1'))]);
  await answered(connection, '1');
  expect(server.received).toEqual(['你好 '.repeat(200)]);
  expect(underneath(server.connections[0]).socket._extensions['permessage-deflate']?._inflate).toBeNull();
});

test('[CONN-9] nothing is kept either for messages that come along with the upgrade request', async () => {
  const connection = await RawConnection.open(server.url, { ...withCompression, earlyBytes: [squeezed('3'), ping] });
  open.push(connection);
  await connection.received((message) => message === 'pong in between');
  expect(underneath(server.connections[0]).socket._extensions['permessage-deflate']?._inflate).toBeNull();
});

test('[CONN-9] thousands of compressed messages in one read arrive in order, mixed with plain ones', async () => {
  const connection = await join();
  const count = 5_000;
  connection.write(
    Array.from({ length: count }, (_, index) => (index % 3 === 2 ? text : squeezed)(sayPacket(String(index)))),
  );
  connection.write([squeezed(sayPacket('end', '9'))]);
  await answered(connection, '9');
  expect(server.received).toEqual([...Array.from({ length: count }, (_, index) => String(index)), 'end']);
});

test.each([1, 7, 100])('[CONN-9] fragments of %i bytes, with pings in between, make one message', async (bytes) => {
  const connection = await join();
  const message = sayPacket(Array.from({ length: 300 }, (_, index) => index * index).join(), '1');
  connection.write(fragments(deflated(message), bytes).flatMap((piece) => [piece, ping]));
  await answered(connection, '1');
  expect(connection.texts.filter((message) => message === 'pong in between').length).toBeGreaterThan(5);
  expect(server.received).toHaveLength(1);
});

test.each([
  [
    'empty fragments before, within and after',
    (payload: Buffer) => [
      part(opcodes.text, RSV1),
      part(opcodes.continuation, 0),
      part(opcodes.continuation, 0, payload),
      part(opcodes.continuation, FIN),
    ],
  ],
  [
    'a final block (RFC 7692, 7.2.3.5)',
    () => [part(opcodes.text, RSV1 | FIN, Buffer.concat([deflateRawSync(sayPacket('here', '1')), Buffer.alloc(1)]))],
  ],
  ['two blocks (7.2.3.6)', () => [part(opcodes.text, RSV1 | FIN, inTwoBlocks(sayPacket('here', '1')))]],
  [
    'stored bytes (7.2.3.3)',
    () => [
      part(
        opcodes.text,
        RSV1 | FIN,
        deflateRawSync(sayPacket('here', '1'), { level: 0, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4),
      ),
    ],
  ],
])('[CONN-9] %s: read as RFC 7692 has it', async (_what, frames: (payload: Buffer) => Buffer[]) => {
  const connection = await join();
  connection.write(frames(deflated(sayPacket('here', '1'))));
  expect(await answered(connection, '1')).toBe('431["here"]');
});

const inTwoBlocks = (message: string): Buffer => {
  const [first, second] = [message.slice(0, 9), message.slice(9)];
  const sync = { finishFlush: constants.Z_SYNC_FLUSH };
  return Buffer.concat([deflateRawSync(first, sync), deflateRawSync(second, sync).subarray(0, -4)]);
};

test('[CONN-9][CONN-11] a compressed packet may have 16 KiB when inflated, like any other', async () => {
  const connection = await join();
  connection.write([squeezed(inOnePacketOf(LIMIT)), squeezed(sayPacket('next', '1'))]);
  await answered(connection, '1');
  expect(server.received).toHaveLength(2);
});

const bomb = deflated(Buffer.alloc(15 * 1024 * 1024));

test.each<[string, number | null, Buffer[]]>([
  ['one byte too much', 1009, [squeezed(inOnePacketOf(LIMIT + 1))]],
  ['a bomb of 15 MiB', 1009, [part(opcodes.text, RSV1 | FIN, bomb)]],
  ['the same as binary', 1009, [part(opcodes.binary, RSV1 | FIN, bomb)]],
  ['the same in fragments', 1009, fragments(bomb, 1_000)],
  ['more than 16 KiB of compressed bytes', 1009, fragments(deflateRawSync(Buffer.alloc(30_000), { level: 0 }), 5_000)],
  ['no deflate', 1007, [part(opcodes.text, RSV1 | FIN, Buffer.from('plain text'))]],
  ['a block of the type that there is not', 1007, [part(opcodes.text, RSV1 | FIN, Buffer.from([0x06]))]],
  ['a look back beyond the start', 1007, [part(opcodes.text, RSV1 | FIN, Buffer.from([0x4b, 0x04, 0xe1, 0x00]))]],
  ['no UTF-8', 1007, [part(opcodes.text, RSV1 | FIN, deflated(Buffer.from([0x33, 0xc3, 0x28])))]],
  [
    'a continuation that says it is compressed',
    1002,
    [part(opcodes.text, RSV1), part(opcodes.continuation, RSV1 | FIN)],
  ],
  ['a compressed ping', 1002, [part(opcodes.ping, RSV1 | FIN)]],
  ['a new message within another', 1002, [part(opcodes.text, RSV1), squeezed('3')]],
  ['a message that is empty', null, [part(opcodes.text, RSV1 | FIN)]],
  ['a message that inflates to nothing', null, [squeezed('')]],
])('[CONN-9][CONN-11] %s ends the connection, and no other', async (_what, code, frames) => {
  const bystander = await join();
  const connection = await join();
  connection.write([...frames, squeezed(sayPacket('unread'))]);
  await connection.dismissed;
  expect(connection.closeCode).toBe(code);
  bystander.write([squeezed(sayPacket('fine', '5'))]);
  expect(await answered(bystander, '5')).toBe('435["fine"]');
  expect(server.received).toEqual(['fine']);
});

test('[CONN-9] a client that keeps its context, against what was agreed, is ended', async () => {
  const connection = await join();
  const deflater = createDeflateRaw();
  const compress = (message: string): Promise<Buffer> =>
    new Promise((resolve) => {
      deflater.write(message);
      deflater.flush(constants.Z_SYNC_FLUSH, () => resolve((deflater.read() as Buffer).subarray(0, -4)));
    });
  const message = sayPacket('the same again and again', '1');
  connection.write([part(opcodes.text, RSV1 | FIN, await compress(message))]);
  await answered(connection, '1');
  connection.write([part(opcodes.text, RSV1 | FIN, await compress(message))]);
  await connection.dismissed;
  expect(connection.closeCode).toBe(1007);
});

test('[CONN-9] a client that is cut off in the middle leaves nothing behind: a message counts whole or not at all', async () => {
  const whole = 'x'.repeat(2_000);
  const payload = deflated(sayPacket(whole, '1'));
  for (let length = 0; length < payload.length; length++) {
    const connection = await RawConnection.open(server.url, withCompression);
    connection.write([squeezed('40'), part(opcodes.text, RSV1 | FIN, payload.subarray(0, length))]);
    connection.end();
    await connection.closed;
  }
  const connection = await join();
  connection.write([part(opcodes.text, RSV1, payload.subarray(0, 9))]);
  connection.destroy();
  await connection.closed;
  const bystander = await join();
  bystander.write([squeezed(sayPacket('fine', '5'))]);
  await answered(bystander, '5');
  // The last bytes only end the block.
  expect(server.received.filter((one) => one !== whole)).toEqual(['fine']);
});

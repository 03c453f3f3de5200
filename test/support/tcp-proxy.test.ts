// The proxy does to a link what it is told: everything that the fault tests conclude rests on it.
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BLACK_HOLE, CLEAR, startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

let server: Server;
let proxy: TcpProxy;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => socket.write(`echo ${bytes.toString()}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await startTcpProxy((server.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.stop();
  await new Promise((resolve) => server.close(resolve));
});

interface Client {
  readonly socket: Socket;
  heard: string;
  isClosed: boolean;
}

async function client(name: string): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  const one: Client = { socket, heard: '', isClosed: false };
  socket.on('data', (bytes) => {
    one.heard += bytes.toString();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    one.isClosed = true;
  });
  socket.write(name);
  await expect.poll(() => one.heard, { interval: 5 }).toBe(`echo ${name}`);
  one.heard = '';
  return one;
}

test('one link falls into a hole, the other does not notice; what was kept comes when the hole ends', async () => {
  const [first, second] = [await client('first'), await client('second')];
  const link = proxy.links().find(({ said }) => said.startsWith('first'));
  if (!link) throw new Error('the link cannot be told from others');
  link.weather = BLACK_HOLE;
  first.socket.write('a');
  second.socket.write('b');
  await expect.poll(() => second.heard, { interval: 5 }).toBe('echo b');
  expect(first.heard).toBe('');
  link.weather = null;
  await expect.poll(() => first.heard, { interval: 5 }).toBe('echo a');
});

test('a hole in one direction, for links to come as well', async () => {
  const first = await client('first');
  proxy.weather = { holes: ['toClient'] };
  const arrived = new Promise<string>((resolve) => sockets[1]?.once('data', (bytes) => resolve(bytes.toString())));
  first.socket.write('lost reply');
  expect(await arrived).toBe('lost reply');
  expect(first.heard).toBe('');
  const later = connect(proxy.port, '127.0.0.1');
  sockets.push(later);
  let heard = '';
  later.on('data', (bytes) => {
    heard += bytes.toString();
  });
  later.write('later');
  await expect.poll(() => proxy.links().some(({ said }) => said === 'later'), { interval: 5 }).toBe(true);
  expect(heard).toBe('');
  proxy.weather = CLEAR;
  await expect.poll(() => heard, { interval: 5 }).toBe('echo later');
});

test('delays hold in each direction and keep the order', async () => {
  const one = await client('one');
  proxy.weather = { delayMs: 60 };
  const before = performance.now();
  for (const word of ['a', 'b', 'c']) one.socket.write(word);
  await expect.poll(() => one.heard.replaceAll('echo ', ''), { interval: 5 }).toBe('abc');
  expect(performance.now() - before).toBeGreaterThanOrEqual(115);
});

test('a cut link is closed, a new one goes to the new target', async () => {
  const one = await client('one');
  proxy.cut();
  await expect.poll(() => one.isClosed, { interval: 5 }).toBe(true);
  await expect.poll(() => proxy.links().length, { interval: 5 }).toBe(0);
  const other = createServer((socket) => {
    sockets.push(socket);
    socket.end('other');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  proxy.target = (other.address() as AddressInfo).port;
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  let heard = '';
  socket.on('data', (bytes) => {
    heard += bytes.toString();
  });
  await expect.poll(() => heard, { interval: 5 }).toBe('other');
  await new Promise((resolve) => other.close(resolve));
});

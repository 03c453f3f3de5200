// The proxy does to a link what the test asks for; the fault tests rely on it.
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
  received: string;
  isClosed: boolean;
}

async function client(name: string): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  const one: Client = { socket, received: '', isClosed: false };
  socket.on('data', (bytes) => {
    one.received += bytes.toString();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    one.isClosed = true;
  });
  socket.write(name);
  await expect.poll(() => one.received, { interval: 5 }).toBe(`echo ${name}`);
  one.received = '';
  return one;
}

test('one link falls into a hole, the other does not notice; the kept bytes come when the hole ends', async () => {
  const [first, second] = [await client('first'), await client('second')];
  const link = proxy.links().find(({ firstText }) => firstText.startsWith('first'));
  if (!link) throw new Error('the link was not found by its name');
  link.weather = BLACK_HOLE;
  first.socket.write('a');
  second.socket.write('b');
  await expect.poll(() => second.received, { interval: 5 }).toBe('echo b');
  expect(first.received).toBe('');
  link.weather = null;
  await expect.poll(() => first.received, { interval: 5 }).toBe('echo a');
});

test('a hole in one direction, also for later links', async () => {
  const first = await client('first');
  proxy.weather = { holes: ['toClient'] };
  const arrived = new Promise<string>((resolve) => sockets[1]?.once('data', (bytes) => resolve(bytes.toString())));
  first.socket.write('lost reply');
  expect(await arrived).toBe('lost reply');
  expect(first.received).toBe('');
  const later = connect(proxy.port, '127.0.0.1');
  sockets.push(later);
  let received = '';
  later.on('data', (bytes) => {
    received += bytes.toString();
  });
  later.write('later');
  await expect.poll(() => proxy.links().some(({ firstText }) => firstText === 'later'), { interval: 5 }).toBe(true);
  expect(received).toBe('');
  proxy.weather = CLEAR;
  await expect.poll(() => received, { interval: 5 }).toBe('echo later');
});

test('delays hold in each direction and keep the order', async () => {
  const one = await client('one');
  proxy.weather = { delayMs: 60 };
  const before = performance.now();
  for (const word of ['a', 'b', 'c']) one.socket.write(word);
  await expect.poll(() => one.received.replaceAll('echo ', ''), { interval: 5 }).toBe('abc');
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
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString();
  });
  await expect.poll(() => received, { interval: 5 }).toBe('other');
  await new Promise((resolve) => other.close(resolve));
});

// When a subscription link is trusted and when it is given up: by probes, by replies due, after a standstill.
import { EventEmitter } from 'node:events';
import { beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../src/ops/logger.ts';
import { Subscriber } from '../../src/redis/subscriber.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';

/** The part of a connection that a subscriber uses. */
class Link extends EventEmitter {
  status = 'ready';
  stream = { destroy: vi.fn() };
  readonly subscribe = vi.fn(async () => 1);
  readonly unsubscribe = vi.fn(async () => 1);
  readonly ping = vi.fn(async () => 'PONG');

  /** The link breaks and is made again. */
  renew(): void {
    this.emit('close');
    this.stream = { destroy: vi.fn() };
    this.emit('ready');
  }
}

/** Longer than the interval of probes and the wait for one together. */
const WHILE_MS = 8_000;

let clock: ManualClock;
let link: Link;
let received: string[];
let publish: (channel: string, text: string) => Promise<unknown>;

beforeEach(async () => {
  clock = new ManualClock();
  link = new Link();
  received = [];
  publish = async (channel, text) => void link.emit('message', channel, text);
  const subscriber = new Subscriber({
    redis: link as never,
    mode: 'classic',
    probeChannel: 'probe',
    publish: (channel, text) => publish(channel, text),
    clock,
    logger: createLogger('silent'),
  });
  const listener = {
    onText: (text: string) => void received.push(text),
    onPossibleGap: () => void received.push('gap'),
  };
  await subscriber.subscribe('room', listener);
});

/** Lets some probes be sent and judged. */
async function pass(ms = WHILE_MS): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    await clock.advance(500);
    await runMicrotasks();
    await runMicrotasks();
  }
}

test('[D4] a link that delivers its probes is kept, and no reply is due on it', async () => {
  await pass();
  expect(link.stream.destroy).not.toHaveBeenCalled();
  expect(link.ping).not.toHaveBeenCalled();
});

test('[D4] a link that does not deliver them while commands are answered is replaced', async () => {
  publish = async () => 1;
  await pass();
  expect(link.stream.destroy).toHaveBeenCalled();
});

test('[PRES-3][D18] while commands are not answered, the link gets a PING, and the driver judges it', async () => {
  publish = () => Promise.reject(new Error('nobody answers'));
  await pass();
  expect(link.ping).toHaveBeenCalled();
  expect(link.stream.destroy).not.toHaveBeenCalled();
  link.emit('message', 'room', 'what it still brings');
  expect(received).toEqual(['what it still brings']);
});

test('[D4] a new link is not judged by probes before its channels are subscribed', async () => {
  link.subscribe.mockImplementation(() => new Promise(() => undefined));
  publish = async () => 1;
  link.renew();
  await pass();
  expect(link.stream.destroy).not.toHaveBeenCalled();
});

test('[PRES-3][D18] after a standstill waiting news is dropped: the link is replaced, and all is read again', async () => {
  await pass();
  clock.jump(WHILE_MS);
  link.emit('message', 'room', 'old news');
  expect(received).toEqual([]);
  expect(link.stream.destroy).toHaveBeenCalled();
  link.renew();
  await pass(500);
  link.emit('message', 'room', 'news');
  expect(received).toEqual(['gap', 'news']);
});

// Compression with a real browser: it offers permessage-deflate by itself, sends compressed, and reads shared frames.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { deflateMessage } from '../../src/delivery/deflate.ts';
import { sharesFrames } from '../../src/transport/compression.ts';
import { type BareServer, sharedFrame, startBareServer, underneath } from '../transport/bare-server.ts';
import { launchBrowser } from './tab.ts';

let browser: Browser;
let page: Page;
let server: BareServer;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  server = await startBareServer();
  page = await browser.newPage();
});
afterEach(async () => {
  await page.close();
  await server.stop();
});

/** The global names of the page, which have no types here. */
interface PageGlobals {
  readonly WebSocket: new (url: string) => PageSocket;
  received: string[];
  socket: PageSocket;
}
interface PageSocket {
  readonly extensions: string;
  onmessage: (event: { readonly data: string }) => void;
  onclose: () => void;
  send(text: string): void;
}

/** Connects the browser's WebSocket to the namespace; resolves with the extensions. The page keeps all texts. */
function connect(query: string): Promise<string> {
  return page.evaluate(
    async (url) => {
      const scope = globalThis as unknown as PageGlobals;
      scope.received = [];
      scope.socket = new scope.WebSocket(url);
      await new Promise<void>((resolve, reject) => {
        scope.socket.onclose = () => reject(new Error('the connection was ended'));
        scope.socket.onmessage = ({ data }) => {
          scope.received.push(data);
          if (data.startsWith('0')) scope.socket.send('40');
          if (data.startsWith('40')) resolve();
        };
      });
      return scope.socket.extensions;
    },
    `${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`,
  );
}
const received = () => page.evaluate(() => (globalThis as unknown as PageGlobals).received);
const send = (packet: string) =>
  page.evaluate((text) => (globalThis as unknown as PageGlobals).socket.send(text), packet);

test('[CONN-9] a page that does not ask gets no compression, though its browser offers it', async () => {
  expect(await connect('')).toBe('');
  expect(sharesFrames(underneath(server.connections[0]).socket)).toBe(false);
});

test('[CONN-9] a page that asks sends compressed, and reads frames that were compressed once for all', async () => {
  expect(await connect('&deflate=1')).toMatch(/^permessage-deflate/);
  const { socket } = underneath(server.connections[0]);
  expect(sharesFrames(socket)).toBe(true);
  const extension = socket._extensions['permessage-deflate'] as unknown as { decompress(): void };
  const decompress = vi.spyOn(extension, 'decompress');

  const texts = Array.from({ length: 5 }, (_, index) => `${index} ${'大家好 '.repeat(300 * index)}`);
  for (const [index, text] of texts.entries()) await send(`42${index}["say",${JSON.stringify(text)}]`);
  await vi.waitFor(async () =>
    expect((await received()).filter((text) => /^43\d/.test(text))).toHaveLength(texts.length),
  );
  expect(server.received).toEqual(texts);
  expect(decompress.mock.calls.length).toBeGreaterThanOrEqual(texts.length);

  const shared = Array.from(
    { length: 20 },
    (_, index) => `42["room:messages",${JSON.stringify('房间 '.repeat(index))}]`,
  );
  for (const text of shared) socket._socket.write(sharedFrame(deflateMessage(text)));
  await vi.waitFor(async () => expect((await received()).slice(-shared.length)).toEqual(shared));
  await send('42["say","still here"]');
  await vi.waitFor(() => expect(server.received.at(-1)).toBe('still here'));
});

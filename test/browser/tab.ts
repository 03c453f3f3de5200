// A browser and its tabs, with the steps of a test: they find elements by test id and wait for content.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Grant } from '../../src/protocol/snapshot.ts';

const output = fileURLToPath(new URL('../../test-output/', import.meta.url));

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A server with a late event loop refuses connections for a moment (CONN-3), and the page tries again by itself. */
const REFUSED_WHILE_BUSY = /\/socket\.io\/.*Unexpected response code: 503/;

/** A person's tab, in a browser context of its own. */
export class Tab {
  readonly page: Page;
  /** All problems of the page: console errors, with violations of the CSP, and uncaught exceptions. */
  readonly problems: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (REFUSED_WHILE_BUSY.test(message.text())) return;
      if (message.type() === 'error' || /Content Security Policy/i.test(message.text())) {
        this.problems.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('dialog', (dialog) => {
      dialog.accept().catch((error: unknown) => this.problems.push(String(error)));
    });
  }

  /** Opens the page; `address` begins with `/`. */
  static async open(browser: Browser, url: string): Promise<Tab> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    const tab = new Tab(await context.newPage());
    await tab.page.goto(url);
    return tab;
  }

  /** Connects as the user in the address. */
  async connect(): Promise<void> {
    await this.click('connect');
    // Texts are compared without regard to case, and "Not connected" must not match.
    await this.sees('status', /^Connected$/);
  }

  part(testId: string) {
    return this.page.getByTestId(testId);
  }

  click(testId: string): Promise<void> {
    return this.part(testId).click();
  }

  async type(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [testId, value] of Object.entries(values)) await this.part(testId).fill(value);
  }

  choose(testId: string, value: string) {
    return this.part(testId).selectOption(value);
  }

  /** Waits until that part is visible and has the text. */
  sees(testId: string, text: string | RegExp): Promise<void> {
    return this.part(testId).filter({ hasText: text }).first().waitFor();
  }

  /** Waits until that part is removed or hidden. */
  seesNo(testId: string): Promise<void> {
    return this.part(testId).waitFor({ state: 'hidden' });
  }

  async text(testId: string): Promise<string> {
    return (await this.part(testId).textContent()) ?? '';
  }

  /** Creates a room and returns its id. */
  async createRoom(settings: { title: string; password?: string; mode?: string; seats?: number }): Promise<string> {
    const { title, password = '', mode = 'request', seats = 6 } = settings;
    await this.type({ 'create-title': title, 'create-password': password, 'create-seats': String(seats) });
    await this.choose('create-mode', mode);
    await this.click('create');
    await this.sees('room-title', title);
    return this.text('room-id');
  }

  /** Sends a command with the form for any command; its fields get these values. */
  async command(name: string, values: Readonly<Record<string, string | boolean>> = {}): Promise<void> {
    await this.choose('command-name', name);
    for (const [field, value] of Object.entries(values)) {
      const input = this.part(`command-field-${field}`);
      if (typeof value === 'boolean') await input.setChecked(value);
      else if ((await input.evaluate((element) => element.nodeName)) === 'SELECT') await input.selectOption(value);
      else await input.fill(value);
    }
    await this.click('command-send');
  }

  async joinById(roomId: string, password = ''): Promise<void> {
    await this.type({ 'join-id': roomId, 'join-password': password });
    await this.click('join');
  }

  /** The whole grant of the page, which shows the token shortened. */
  async grant(): Promise<Grant> {
    const grant = await this.page.evaluate(() => {
      const page = globalThis as unknown as { maiwei: { lastGrant: Grant | null } };
      return page.maiwei.lastGrant;
    });
    if (!grant) throw new Error('the page holds no grant');
    return grant;
  }

  /** The log's entries that mention the text, newest first. */
  log(text: string): Promise<string[]> {
    return this.part('log-entry').filter({ hasText: text }).allTextContents();
  }

  /** Pictures for people to look at: wide and light, narrow and dark. */
  async photograph(name: string): Promise<void> {
    mkdirSync(output, { recursive: true });
    const looks = [
      { width: 1280, colorScheme: 'light' },
      { width: 400, colorScheme: 'dark' },
    ] as const;
    for (const { width, colorScheme } of looks) {
      await this.page.setViewportSize({ width, height: 900 });
      await this.page.emulateMedia({ colorScheme });
      await this.page.screenshot({
        path: join(output, `${name}-${width}-${colorScheme}.png`),
        fullPage: true,
        animations: 'disabled',
      });
    }
    await this.page.setViewportSize({ width: 1280, height: 900 });
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  /** The pixels by which the page is wider than its window: 0 means no sideways scrolling. */
  async overflowAt(width: number): Promise<number> {
    await this.page.setViewportSize({ width, height: 900 });
    const overflow = await this.page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: { documentElement: { scrollWidth: number; clientWidth: number } };
      };
      return document.documentElement.scrollWidth - document.documentElement.clientWidth;
    });
    await this.page.setViewportSize({ width: 1280, height: 900 });
    return overflow;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}

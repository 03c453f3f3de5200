// The scene of the browser tests: a server process, a browser, people in tabs, and a check of the bytes of grants.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Grant, GrantRole } from '../../src/protocol/snapshot.ts';
import { decodeAgoraToken, verifyAgoraToken } from '../rtc/decode-agora-token.ts';
import { connectAs, devToken } from '../support/app-client.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { launchBrowser, Tab } from './tab.ts';

const APP_ID = '0123456789abcdef0123456789abcdef';
const APP_CERTIFICATE = 'fedcba9876543210fedcba9876543210';

/** Agora's numbers in a token: the RTC service, and what its privileges allow. */
const RTC = 1;
const JOIN = 1;
const PUBLISH_AUDIO = 2;

/** Starts a development server and a browser for the tests of one file; both end with them. */
export function openScene() {
  let server: ServerProcess;
  let browser: Browser;
  let tabs: Tab[] = [];

  beforeAll(async () => {
    server = await startServerProcess({
      AGORA_APP_ID: APP_ID,
      AGORA_APP_CERTIFICATE: APP_CERTIFICATE,
      LOG_LEVEL: 'warn',
    });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop()).toBe(0);
  });

  /** No test may leave an error on the console, nor a violation of the page's CSP. */
  afterEach(async () => {
    const problems = tabs.flatMap((tab) => tab.problems);
    await Promise.all(tabs.map((tab) => tab.close()));
    tabs = [];
    expect(problems).toEqual([]);
  });

  /** The page at that address of this server, or of another one. */
  async function open(address: string, at: ServerProcess = server): Promise<Tab> {
    const tab = await Tab.open(browser, at.url + address);
    tabs.push(tab);
    return tab;
  }

  /** A person's tab, connected. */
  async function connect(user: string, name: string): Promise<Tab> {
    const tab = await open(`/?${new URLSearchParams({ user, name })}`);
    await tab.connect();
    return tab;
  }

  /** A tab that has just created a room, and another one that has joined it. */
  async function twoTabs(settings: Parameters<Tab['createRoom']>[0]) {
    const host = await connect('alice', 'Alice');
    const guest = await connect('bob', 'Bob');
    const roomId = await host.createRoom(settings);
    await guest.joinById(roomId, settings.password);
    await guest.sees('room-title', settings.title);
    await host.sees('audience', 'Bob');
    return { host, guest, roomId };
  }

  /** A development token with these claims. */
  const aToken = (claims: { userId: string; ttlMs?: number; scope?: string }) => devToken(server.url, claims);

  /** Asks the server as the app's backend does. */
  async function askAsBackend(path: string, body: object): Promise<void> {
    const token = await aToken({ userId: 'backend', scope: 'service' });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
  }

  /** That many listeners without tabs; the returned function makes them leave. */
  async function audienceOf(count: number, roomId: string): Promise<() => void> {
    const people = await Promise.all(
      Array.from({ length: count }, (_, index) => connectAs(server.url, `fan-${index}`)),
    );
    await Promise.all(people.map((fan) => fan.do('room:join', { roomId })));
    return () => {
      for (const fan of people) fan.close();
    };
  }

  return { open, connect, twoTabs, expectGrant, aToken, askAsBackend, audienceOf };
}

/** The privileges in the token itself, whatever the page shows. */
function privilegesIn({ token, channel, uid }: Grant): number[] {
  if (token === null) throw new Error('the grant has no token');
  expect(verifyAgoraToken(token, APP_CERTIFICATE)).toBe(true);
  const { appId, services } = decodeAgoraToken(token);
  expect(appId).toBe(APP_ID);
  expect(services).toHaveLength(1);
  expect(services[0]).toMatchObject({ type: RTC, texts: [channel, String(uid)] });
  return services[0]?.privileges.map(([privilege]) => privilege) ?? [];
}

const privilegesOf: Readonly<Record<GrantRole, number[]>> = { publisher: [JOIN, PUBLISH_AUDIO], subscriber: [JOIN] };

/** Waits until the tab shows this role for that reason, and checks the token it holds by then. */
async function expectGrant(tab: Tab, role: GrantRole, reason: string): Promise<Grant> {
  await tab.sees('grant-role', role);
  await tab.sees('grant-reason', reason);
  const grant = await tab.grant();
  expect(grant.role).toBe(role);
  expect(privilegesIn(grant)).toEqual(privilegesOf[role]);
  return grant;
}

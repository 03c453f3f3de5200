// The page at `/` in a real browser against a real server process: what two people see of each other and are granted.
import { SignJWT } from 'jose';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Grant, GrantRole } from '../../src/protocol/snapshot.ts';
import { decodeAgoraToken, verifyAgoraToken } from '../rtc/decode-agora-token.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { launchBrowser, Tab } from './tab.ts';

const APP_ID = '0123456789abcdef0123456789abcdef';
const APP_CERTIFICATE = 'fedcba9876543210fedcba9876543210';

/** Agora's numbers in a token: the RTC service, and what its privileges allow. */
const RTC = 1;
const JOIN = 1;
const PUBLISH_AUDIO = 2;

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
  await server?.stop();
});

/** In every test, nothing may complain on the console: no error, no violation of the page's CSP. */
afterEach(async () => {
  const problems = tabs.flatMap((tab) => tab.problems);
  await Promise.all(tabs.map((tab) => tab.close()));
  tabs = [];
  expect(problems).toEqual([]);
});

async function connect(user: string, name: string): Promise<Tab> {
  const tab = await Tab.connect(browser, server.url, { user, name });
  tabs.push(tab);
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

/** What the token itself allows, whatever the page says about it. */
function privilegesIn({ token, channel, uid }: Grant): number[] {
  if (token === null) throw new Error('the grant has no token');
  expect(verifyAgoraToken(token, APP_CERTIFICATE)).toBe(true);
  const { appId, services } = decodeAgoraToken(token);
  expect(appId).toBe(APP_ID);
  const [service] = services;
  expect(services).toHaveLength(1);
  expect(service).toMatchObject({ type: RTC, texts: [channel, String(uid)] });
  return service?.privileges.map(([privilege]) => privilege) ?? [];
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

describe('two tabs', () => {
  test('[REQ-2][REQ-4][SEAT-5][SEAT-6][RTC-1][RTC-3] request, accept, mute, unmute, kick: seat and token agree', async () => {
    const host = await connect('alice', 'Alice');
    const guest = await connect('bob', 'Bob');
    const roomId = await host.createRoom({ title: 'Evening talk' });

    await guest.click('refresh');
    await guest.click(`join-${roomId}`);
    await guest.sees('room-title', 'Evening talk');
    await guest.sees('my-role', 'member');
    await host.sees('audience', 'Bob');
    const listening = await expectGrant(guest, 'subscriber', 'joined');

    await guest.click('my-request');
    await guest.sees('my-place', 'number 1 in the queue');
    await host.sees('queue', 'Bob');
    await guest.seesNo('queue');
    await host.photograph('request');

    await host.click('request-bob-accept');
    for (const tab of [host, guest]) await tab.sees('seat-1-occupant', 'Bob');
    await host.sees('queue', 'Nobody');
    await guest.sees('my-place', 'You are on air');
    const speaking = await expectGrant(guest, 'publisher', 'seated');
    expect(speaking.uid).toBe(listening.uid);
    expect(speaking.channel).toBe(roomId);

    await host.click('seat-1-mute');
    for (const tab of [host, guest]) await tab.sees('seat-1-state', 'Muted by host');
    await expectGrant(guest, 'subscriber', 'muted');

    await host.click('seat-1-mute');
    await guest.sees('my-place', 'You are on air');
    await expectGrant(guest, 'publisher', 'unmuted');
    await host.click('seat-0-take');
    await host.sees('my-place', 'Seat 0');
    await expectGrant(host, 'publisher', 'seated');
    await guest.photograph('on-air-guest');
    await host.photograph('on-air-host');

    await host.click('seat-1-kick');
    for (const tab of [host, guest]) await tab.sees('seat-1-occupant', 'Empty');
    await guest.sees('my-place', 'You are listening');
    const unseated = await expectGrant(guest, 'subscriber', 'unseated');
    expect(unseated.uid).toBe(listening.uid);
  });

  test('[PRES-1] a tab that is loaded anew within its grace keeps its seat: away, then back', async () => {
    const { host, guest } = await twoTabs({ title: 'Reloading', mode: 'free' });
    await guest.click('seat-3-take');
    await host.sees('seat-3-state', 'On air');

    await guest.page.reload();
    await host.sees('seat-3-state', 'Away until');
    await host.photograph('away');
    // Who and where he was is still in the address.
    await guest.click('connect');
    await guest.sees('status', 'Connected');
    await guest.click('join');

    await guest.sees('my-place', 'Seat 3');
    await host.sees('seat-3-state', 'On air');
    await expectGrant(guest, 'publisher', 'joined');
    const [back, away, ...others] = await host.log('#3 bob');
    expect(back).toContain('seat.back');
    expect(away).toContain('seat.away');
    expect(others).toEqual([expect.stringContaining('seat.taken')]);
  });

  test('[SYNC-2][PRES-1] a line that is cut comes back by itself and goes on from where it was', async () => {
    const { host, guest } = await twoTabs({ title: 'Tunnel', mode: 'free' });
    await guest.click('my-take');
    await host.sees('seat-1-state', 'On air');

    await guest.click('drop');
    await host.sees('log', 'seat.away #1 bob');
    await host.sees('log', 'seat.back #1 bob');
    await host.sees('seat-1-state', 'On air');
    const version = await host.text('room-version');
    await guest.sees('room-version', version);
    await guest.sees('my-place', 'Seat 1 · You are on air');
    // Not the whole room again: the join answered with what was missed.
    expect(await guest.log('the whole room')).toHaveLength(1);
    await expectGrant(guest, 'publisher', 'joined');
  });

  test('[SYNC-1][SYNC-2] an update that was lost on the way is noticed at the next one and asked for', async () => {
    const host = await connect('alice', 'Alice');
    const roomId = await host.createRoom({ title: 'Lossy', mode: 'free' });
    const guest = await Tab.open(browser, `${server.url}/?user=bob&name=Bob#room=${roomId}`);
    tabs.push(guest);
    let lost = '';
    await guest.page.routeWebSocket(/\/socket\.io\//, (client) => {
      const upstream = client.connectToServer();
      upstream.onMessage((message) => {
        const isLost = lost === '' && String(message).includes('seat.muted');
        if (isLost) lost = String(message);
        else client.send(message);
      });
    });
    await guest.page.reload();
    await guest.click('connect');
    await guest.sees('status', 'Connected');
    await guest.click('join');
    await guest.sees('room-title', 'Lossy');

    await host.click('seat-2-mute');
    await host.sees('seat-2-state', 'Muted by host');
    await host.click('seat-3-lock');
    await guest.sees('seat-3-state', 'Locked');
    await guest.sees('seat-2-state', 'Muted by host');
    expect(lost).toContain('room:events');
    expect(await guest.log('room:sync')).toHaveLength(2);
    await guest.sees('room-version', await host.text('room-version'));
  });

  test('[ROOM-2] a wrong password is told as WRONG_PASSWORD, the right one opens', async () => {
    const host = await connect('alice', 'Alice');
    const guest = await connect('bob', 'Bob');
    const roomId = await host.createRoom({ title: 'Behind a door', password: 'sesame' });

    await guest.joinById(roomId, 'simsim');
    await guest.sees('notice-code', 'WRONG_PASSWORD');
    await guest.sees('notice-text', 'password');
    await guest.photograph('wrong-password');
    await guest.joinById(roomId, 'sesame');
    await guest.sees('room-title', 'Behind a door');
    await guest.seesNo('notice');
    expect(await guest.page.content()).not.toContain('sesame');
  });

  test('[SYNC-6][SYNC-7] names and titles are shown as the text they are, never as HTML', async () => {
    const hostile = '<img src=x onerror="window.hacked=1">';
    const host = await connect('alice', hostile);
    const guest = await connect('mallory', hostile);
    const roomId = await host.createRoom({ title: hostile });
    await guest.click('refresh');
    await guest.sees(`room-${roomId}`, hostile);
    await guest.click(`join-${roomId}`);
    await guest.sees('room-title', hostile);

    await guest.click('my-request');
    await host.sees('request-mallory', hostile);
    await host.click('request-mallory-accept');
    for (const tab of [host, guest]) {
      await tab.sees('seat-1-occupant', hostile);
      await tab.sees('member-mallory', hostile);
      expect(await tab.page.locator('img, script:not([src])').count()).toBe(0);
      expect(await tab.page.evaluate(() => 'hacked' in globalThis)).toBe(false);
      expect(await tab.overflowAt(400)).toBe(0);
    }
    await host.photograph('hostile-name');
  });

  test('[INV-1][ROLE-3][SEAT-8][ROOM-4][ROOM-6] invite, admins, all seats, settings, transfer, close', async () => {
    const { host, guest } = await twoTabs({ title: 'Housekeeping' });

    await host.click('member-bob-invite');
    await guest.sees('invitation', 'alice invites you to any free seat');
    await guest.photograph('invitation');
    await guest.click('my-invite-decline');
    await guest.seesNo('invitation');
    await host.click('member-bob-invite');
    await guest.click('my-invite-accept');
    await host.sees('seat-1-occupant', 'Bob');
    await guest.seesNo('invitation');

    await guest.click('my-mic');
    for (const tab of [host, guest]) await tab.sees('seat-1-state', 'Mic off');
    await host.click('seats-mute');
    for (const tab of [host, guest]) await tab.sees('seat-5-state', 'Muted by host');
    await host.click('seats-lock');
    for (const tab of [host, guest]) await tab.sees('seat-5-state', 'Locked');
    await host.click('seats-unlock');
    await guest.click('seat-4-move');
    await host.sees('seat-4-occupant', 'Bob');

    await host.type({ 'settings-title': 'Spring cleaning', 'settings-seats': '4' });
    await host.choose('settings-mode', 'invite');
    await host.click('settings-save');
    await guest.sees('room-title', 'Spring cleaning');
    await guest.sees('room-mode', 'invitation');
    await guest.seesNo('seat-4');
    await guest.sees('my-place', 'You are listening');

    await host.click('member-bob-admin');
    await guest.sees('my-role', 'admin');
    await guest.sees('queue', 'Nobody');
    await host.click('member-bob-owner');
    await guest.sees('my-role', 'owner');
    await host.sees('my-role', 'admin');

    await guest.click('close');
    for (const tab of [host, guest]) {
      await tab.sees('notice-text', 'The room was closed');
      await tab.sees('rooms', /./);
    }
  });

  test('[PRES-4] the newest tab of a person takes over, the older one is told', async () => {
    const { guest, roomId } = await twoTabs({ title: 'Two devices', mode: 'free' });
    await guest.click('my-take');
    await guest.sees('my-place', 'Seat 1');
    const second = await connect('bob', 'Bob');
    await second.joinById(roomId);
    await second.sees('my-place', 'Seat 1');
    await guest.sees('notice-text', 'another tab or device');
    await guest.seesNo('room');
  });
});

test('[CONN-2][CONN-3] in production the page asks for a token: a foreign one is refused, a good one connects', async () => {
  const secret = 'a secret that is long enough for HS256';
  const production = await startServerProcess({
    NODE_ENV: 'production',
    ALLOW_MEMORY_STORE: '1',
    RTC_PROVIDER: 'none',
    JWT_SECRET: secret,
    LOG_LEVEL: 'warn',
  });
  try {
    const tab = await Tab.open(browser, `${production.url}/?user=alice`);
    await tab.photograph('sign-in');
    await tab.click('connect');
    await tab.sees('notice-text', 'Paste a JWT');
    // Chromium itself reports the 404 that says so.
    expect(tab.problems.splice(0)).toEqual([expect.stringContaining('404')]);
    tabs.push(tab);

    await tab.type({ token: await signedToken('carol', 'another secret that is long enough') });
    await tab.click('connect');
    await tab.sees('notice-code', 'UNAUTHENTICATED');
    await tab.type({ token: await signedToken('carol', secret) });
    await tab.click('connect');
    await tab.sees('me', 'carol');
    await tab.createRoom({ title: 'No voice here' });
    await tab.sees('grant-provider', 'none');
    await tab.sees('grant-token', 'none');
  } finally {
    await production.stop();
  }
});

function signedToken(userId: string, secret: string): Promise<string> {
  const token = new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(userId);
  return token.setIssuedAt().setExpirationTime('1h').sign(new TextEncoder().encode(secret));
}

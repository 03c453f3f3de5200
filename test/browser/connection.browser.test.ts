// The page's connection: reloads, cut connections, lost updates, second devices, and tokens in production.
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { startServerProcess } from '../support/server-process.ts';
import { openScene } from './scene.ts';

const { connect, open, twoTabs, expectGrant } = openScene();

test('[PRES-1] a tab that is reloaded within the grace keeps its seat: away, then back', async () => {
  const { host, guest } = await twoTabs({ title: 'Reloading', mode: 'free' });
  await guest.click('seat-3-take');
  await host.sees('seat-3-state', 'On air');

  await guest.page.reload();
  await host.sees('seat-3-state', 'Away until');
  await host.photograph('away');
  // The address still has the user and the room.
  await guest.connect();
  await guest.click('join');

  await guest.sees('my-place', 'Seat 3');
  await host.sees('seat-3-state', 'On air');
  await expectGrant(guest, 'publisher', 'joined');
  const [back, away, ...others] = await host.log('#3 bob');
  expect(back).toContain('seat.back');
  expect(away).toContain('seat.away');
  expect(others).toEqual([expect.stringContaining('seat.taken')]);
});

test('[SYNC-2][PRES-1] after a cut connection the page connects again and resumes from its position', async () => {
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

test('[SYNC-1][SYNC-2] a lost update is noticed at the next one, and the page syncs', async () => {
  const host = await connect('alice', 'Alice');
  const roomId = await host.createRoom({ title: 'Lossy', mode: 'free' });
  const guest = await open(`/?user=bob&name=Bob#room=${roomId}`);
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
  await guest.connect();
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

test('[PRES-4] the newest tab of a user takes over, and the older one is told', async () => {
  const { guest, roomId } = await twoTabs({ title: 'Two devices', mode: 'free' });
  await guest.click('my-take');
  await guest.sees('my-place', 'Seat 1');
  const second = await connect('bob', 'Bob');
  await second.joinById(roomId);
  await second.sees('my-place', 'Seat 1');
  await guest.sees('notice-text', 'another tab or device');
  await guest.seesNo('room');
});

test('[CONN-2][CONN-3][CONN-6] in production the page asks for a token, and shows that the server drains', async () => {
  const secret = 'a secret that is long enough for HS256';
  const production = await startServerProcess({
    NODE_ENV: 'production',
    ALLOW_MEMORY_STORE: '1',
    RTC_PROVIDER: 'none',
    JWT_SECRET: secret,
    LOG_LEVEL: 'warn',
  });
  try {
    const tab = await open('/?user=alice', production);
    await tab.photograph('sign-in');
    await tab.click('connect');
    await tab.sees('notice-text', 'Paste a JWT');
    // Chromium itself reports the 404.
    expect(tab.problems.splice(0)).toEqual([expect.stringContaining('404')]);

    await tab.type({ token: await signedToken('carol', 'another secret that is long enough') });
    await tab.click('connect');
    await tab.sees('notice-code', 'UNAUTHENTICATED');
    await tab.type({ token: await signedToken('carol', secret) });
    await tab.click('connect');
    await tab.sees('me', 'carol');
    await tab.createRoom({ title: 'No voice here' });
    await tab.sees('grant-provider', 'none');
    await tab.sees('grant-token', 'none');
    expect(tab.problems).toEqual([]);

    // A server that stops says so, and the page tries to connect again to the same room.
    expect(await production.stop()).toBe(0);
    await tab.sees('notice-code', 'DRAINING');
    await tab.sees('status', 'Reconnecting');
    await tab.sees('room-title', 'No voice here');
    await tab.photograph('reconnecting');
    await tab.close();
    expect(tab.problems.splice(0).filter((text) => !text.includes('WebSocket connection'))).toEqual([]);
  } finally {
    await production.stop();
  }
});

function signedToken(userId: string, secret: string): Promise<string> {
  const token = new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(userId);
  return token.setIssuedAt().setExpirationTime('1h').sign(new TextEncoder().encode(secret));
}

// The page's session: tokens that expire and are replaced, and the server's reason for closing a connection.
import { expect, test } from 'vitest';
import { openScene } from './scene.ts';

const { open, connect, aToken, askAsBackend } = openScene();

/** The server reminds a minute before the end of a token: for this one, a second after it was issued. */
const SOON_MS = 61_000;

test('[CONN-5] a development token that expires soon is replaced by another one, and the room goes on', async () => {
  const tab = await open('/?user=alice&name=Alice');
  const issued: string[] = [];
  await tab.page.route('**/v1/dev/token', async (route) => {
    const ttl = issued.length === 0 ? { ttlMs: SOON_MS } : {};
    const response = await route.fetch({ postData: JSON.stringify({ ...route.request().postDataJSON(), ...ttl }) });
    issued.push(((await response.json()) as { data: { token: string } }).data.token);
    await route.fulfill({ response });
  });
  /** The tokens of all connections, in order. */
  const used: unknown[] = [];
  tab.page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      // Socket.IO's CONNECT packet.
      if (String(payload).startsWith('40{')) used.push(JSON.parse(String(payload).slice(2)).token);
    }),
  );
  await tab.connect();
  await tab.createRoom({ title: 'A long evening' });
  await tab.part('log-entry').filter({ hasText: 'tokenExpiresAt' }).filter({ hasText: 'ack' }).first().waitFor();
  expect(await tab.text('notice-text')).toContain('The session goes on with a new token');
  await tab.seesNo('renew-session');

  await tab.click('drop');
  await tab.sees('log', 'disconnect');
  await tab.sees('status', /^Connected$/);
  await tab.sees('room-title', 'A long evening');
  expect(issued).toHaveLength(2);
  expect(used).toEqual(issued);
});

test('[CONN-5] a user who pasted a token is asked for the next one', async () => {
  const tab = await open('/');
  await tab.page.locator('#token-box summary').click();
  await tab.type({ token: await aToken({ userId: 'carol', ttlMs: SOON_MS }) });
  await tab.click('connect');
  await tab.sees('me', 'carol');
  await tab.sees('renew-text', 'Your token runs out at');
  await tab.photograph('renewal');
  await tab.type({ 'renew-token': await aToken({ userId: 'mallory' }) });
  await tab.click('renew-send');
  await tab.sees('notice-code', 'FORBIDDEN');
  const token = await aToken({ userId: 'carol' });
  await tab.type({ 'renew-token': token });
  await tab.click('renew-send');
  await tab.sees('notice-text', 'The session goes on');
  await tab.seesNo('renew-session');
  expect(await tab.page.content()).not.toContain(token);
});

test('[CONN-6][CONN-13] the page shows the reason of a closed session, with its code and advice', async () => {
  const tab = await connect('dave', 'Dave');
  await tab.createRoom({ title: 'Not for long' });
  await askAsBackend('/v1/users/dave/revoke', {});
  await tab.sees('notice-code', 'REVOKED');
  await tab.sees('notice-text', 'The page stays away. Connect again with a token that was issued after');
  await tab.sees('status', 'Not connected');
  await tab.seesNo('room');
  await tab.photograph('revoked');
  // The page also tried to list the rooms: Chromium itself reports that this was refused.
  expect(tab.problems.splice(0).filter((text) => !text.includes('401'))).toEqual([]);
});

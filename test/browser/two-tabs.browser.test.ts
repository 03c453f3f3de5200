// Two people on the page at `/`, in a real browser against a real server: they see each other, and get grants.
import { expect, test } from 'vitest';
import { openScene } from './scene.ts';

const { connect, twoTabs, expectGrant } = openScene();

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

test('[ROOM-2] a wrong password is refused as WRONG_PASSWORD, and the right one is accepted', async () => {
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

test('[SYNC-6][SYNC-7] names and titles are shown as text, never as HTML', async () => {
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

  await host.click('member-bob-more');
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

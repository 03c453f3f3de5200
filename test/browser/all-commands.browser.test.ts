// The page's form for any command, in a real browser: it sends every command of the server, and shows refusals.
import { expect, test } from 'vitest';
import { commandNames } from '../../src/protocol/commands.ts';
import { openScene } from './scene.ts';

const { connect, twoTabs } = openScene();

test('[HTTP-5] one form sends every command and shows its answer', async () => {
  const { host, guest, roomId } = await twoTabs({ title: 'Any command' });
  const offered = await host.part('command-name').locator('option').allTextContents();
  expect(offered.sort()).toEqual([...commandNames].sort());

  await host.choose('command-name', 'room:update');
  expect(await host.part('command-field-roomId').inputValue()).toBe(roomId);
  await host.command('room:update', { title: '新的标题', chat: 'seated', tags: '["k歌"]', priority: 'true' });
  await host.sees('command-outcome', 'room:update: ok');
  await host.sees('command-answer', '"version": ');
  for (const tab of [host, guest]) await tab.sees('room-title', '新的标题');

  await host.command('seat:take', { seat: '2' });
  await guest.sees('seat-2-occupant', 'Alice');
  // The number stays for the next command about a seat.
  await host.command('seat:mute');
  await guest.sees('seat-2-state', 'Muted by host');
  await host.command('mic:set', { on: false });
  await guest.sees('seat-2-state', 'Mic off');
  await host.command('message:send', { kind: 'chat', body: '{ "text": "by hand" }' });
  await guest.sees('messages', 'by hand');
  await host.command('room:list', { sort: 'audience' });
  await host.sees('command-answer', roomId);
  expect(await host.part('command-past').allTextContents()).toHaveLength(6);

  await guest.command('room:close');
  await guest.sees('command-outcome', 'room:close: FORBIDDEN');
  await guest.sees('command-answer', '"ok": false');
  await guest.command('seat:lock', { roomId: '' });
  await guest.sees('command-outcome', 'BAD_REQUEST');
  await host.photograph('command');
  await guest.photograph('command-refused');
});

test('[HTTP-5] invalid JSON is not sent and marked at its field; a button makes ids; no grant is on the screen', async () => {
  const { host } = await twoTabs({ title: 'By keyboard' });
  await host.command('room:attributes', { set: '{ "theme": ' });
  await host.sees('command-field-set-problem', 'This is not JSON');
  expect(await host.part('command-field-set').getAttribute('aria-invalid')).toBe('true');
  expect(await host.log('room:attributes')).toEqual([]);
  await host.command('room:attributes', { set: '{ "theme": "blue" }' });
  await host.seesNo('command-field-set-problem');
  await host.sees('attributes', 'blue');

  await host.choose('command-name', 'rtc:renew');
  await host.click('command-new-id');
  expect(await host.part('command-field-commandId').inputValue()).toMatch(/^[0-9a-f]{32}$/);
  // With the keyboard alone: Enter in a field sends the command.
  await host.part('command-field-commandId').press('Enter');
  await host.sees('command-outcome', 'rtc:renew: ok');
  await host.sees('grant-reason', 'asked for');
  const { token } = await host.grant();
  expect(await host.page.content()).not.toContain(token);
});

test('[HTTP-5][ROOM-2][ROOM-3] the page follows when the form joins and leaves', async () => {
  const host = await connect('alice', 'Alice');
  const guest = await connect('bob', 'Bob');
  await host.command('room:create', { title: 'Made by hand', password: 'sesame', seatCount: '3', ownerSeat: 'null' });
  await host.sees('room-title', 'Made by hand');
  const roomId = await host.text('room-id');
  await guest.command('room:join', { roomId, password: 'simsim' });
  await guest.sees('command-outcome', 'WRONG_PASSWORD');
  await guest.command('room:join', { roomId, password: 'sesame' });
  await guest.sees('room-title', 'Made by hand');
  await host.sees('audience', 'Bob');
  await guest.command('room:leave');
  await guest.seesNo('room');
  await guest.sees('rooms', 'Made by hand');
});

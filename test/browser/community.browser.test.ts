// Two tabs and everything beside seats: chat, moderation, attributes, settings, the directory, the app's backend.
import { expect, test } from 'vitest';
import { openScene } from './scene.ts';

const { connect, twoTabs, askAsBackend, audienceOf } = openScene();

test('[MSG-1][MSG-2][MSG-3][MSG-6] chat goes between tabs as text, reactions are summed, messages are deleted', async () => {
  const { host, guest, roomId } = await twoTabs({ title: 'Chatty' });
  const hostile = '<img src=x onerror="window.hacked=1"> 大家好 '.padEnd(400, 'x');
  await guest.type({ 'chat-text': hostile });
  await guest.click('chat-send');
  for (const tab of [host, guest]) {
    await tab.sees('message', '<img src=x onerror="window.hacked=1"> 大家好');
    expect(await tab.page.locator('img').count()).toBe(0);
    expect(await tab.page.evaluate(() => 'hacked' in globalThis)).toBe(false);
    expect(await tab.overflowAt(400)).toBe(0);
  }
  expect(await guest.part('chat-text').inputValue()).toBe('');
  await host.type({ 'chat-text': 'Welcome, Bob' });
  await host.part('chat-text').press('Enter');
  await guest.sees('messages', 'Welcome, Bob');
  for (let tap = 0; tap < 3; tap += 1) await guest.click('react');
  for (const tab of [host, guest]) await tab.sees('react', '♥ 3');

  // Bob deletes the message of Bob and cannot delete the one of Alice; after a reload only the latter is shown.
  expect(await guest.part('message').getByRole('button').count()).toBe(1);
  expect(await host.part('message').getByRole('button').count()).toBe(2);
  await guest.part('message').filter({ hasText: 'hacked' }).getByRole('button').click();
  for (const tab of [host, guest])
    await tab.part('message').filter({ hasText: 'hacked' }).waitFor({ state: 'detached' });
  await guest.page.reload();
  await guest.connect();
  await guest.click('join');
  await guest.sees('messages', 'Welcome, Bob');
  expect(await guest.part('message').allTextContents()).toHaveLength(1);

  await host.choose('settings-chat', 'seated');
  await host.click('settings-save');
  await guest.page.getByPlaceholder('Only seated members may write').waitFor();
  expect(await guest.part('chat-send').isDisabled()).toBe(true);
  await host.photograph('chat');
  expect(roomId).toBe(await guest.text('room-id'));
});

test('[PRES-6] silence, kick and ban reach the other tab; a ban is listed and lifted; members have no such buttons', async () => {
  const { host, guest, roomId } = await twoTabs({ title: 'Order' });
  await guest.sees('member-alice', 'Alice');
  await guest.seesNo('member-alice-more');
  await guest.seesNo('bans');

  await host.click('member-bob-more');
  await host.click('member-bob-silence');
  await host.sees('log', 'member.silenced bob');
  await guest.type({ 'chat-text': 'Can you hear me?' });
  await guest.click('chat-send');
  await guest.sees('notice-code', 'SILENCED');
  expect(await guest.part('chat-text').inputValue()).toBe('Can you hear me?');
  await host.click('member-bob-unsilence');
  await host.sees('log', 'member.unsilenced bob');
  await guest.click('chat-send');
  await host.sees('messages', 'Can you hear me?');
  await host.photograph('moderation');

  await host.click('member-bob-kick');
  await guest.sees('notice-text', 'You were removed from the room (by alice).');
  await guest.joinById(roomId);
  await guest.sees('room-title', 'Order');
  await host.sees('member-bob', 'Bob');
  await host.choose('sanction-ms', '3600000');
  await host.click('member-bob-ban');
  await guest.sees('notice-text', 'You can come back at');
  await guest.photograph('banned');
  await guest.joinById(roomId);
  await guest.sees('notice-code', 'BANNED');
  await guest.sees('notice-text', 'Until');

  await host.type({ 'ban-user': 'zed' });
  await host.click('ban');
  await host.sees('ban-zed', 'by alice');
  await host.sees('ban-bob', 'until');
  await host.photograph('bans');
  await host.click('ban-bob-unban');
  await host.seesNo('ban-bob');
  await guest.joinById(roomId);
  await guest.sees('room-title', 'Order');
});

test('[ROOM-4][ROOM-5] staff sets attributes and settings, and all members see them', async () => {
  const { host, guest } = await twoTabs({ title: 'Facts' });
  await guest.seesNo('attribute-key');
  await host.type({ 'attribute-key': 'theme', 'attribute-value': '<b>蓝色</b>' });
  await host.click('attribute-set');
  for (const tab of [host, guest]) await tab.sees('attributes', '<b>蓝色</b>');
  await host.click('attribute-edit-theme');
  await host.type({ 'attribute-value': 'green' });
  await host.click('attribute-set');
  await guest.sees('attributes', 'green');
  await host.click('attribute-delete-theme');
  await guest.sees('attributes', 'None.');

  await host.choose('settings-owner-absent', 'promote');
  await host.type({ 'settings-empty': '1000' });
  await host.click('settings-save');
  await host.sees('log', 'room.updated');
  await host.part('log-entry').filter({ hasText: 'room.updated' }).first().locator('summary').click();
  await host.sees('log', '"ownerAbsent": "promote"');
  await host.photograph('attributes');
});

test('[ROOM-8] the lobby shows the rooms of a category in the chosen order', async () => {
  const host = await connect('alice', 'Alice');
  const guest = await connect('bob', 'Bob');
  await host.type({ 'create-category': '唱歌' });
  await host.createRoom({ title: 'Singers' });
  await guest.createRoom({ title: 'Talkers' });
  await guest.click('leave');
  await guest.click('refresh');
  await guest.sees('rooms', 'Singers');
  await guest.sees('rooms', 'Talkers');
  await guest.type({ 'rooms-category': '唱歌' });
  await guest.part('rooms-category').press('Enter');
  await guest.part('rooms').filter({ hasNotText: 'Talkers' }).waitFor();
  await guest.sees('rooms', 'Singers');
  await guest.choose('rooms-sort', 'audience');
  await guest.sees('rooms', 'Singers');
  await guest.photograph('lobby');
});

test('[PRES-5] a large audience shows its first fifty members, and all on demand', async () => {
  const { host, guest, roomId } = await twoTabs({ title: 'Full house' });
  const leave = await audienceOf(58, roomId);
  try {
    await guest.click('leave');
    await guest.joinById(roomId);
    await guest.sees('audience-count', '60');
    await guest.sees('show-all', 'Show all, 10 more');
    await guest.click('show-all');
    await guest.seesNo('show-all');
    expect(await guest.part('audience').locator('li').count()).toBe(60);
    await host.sees('audience', 'fan-57');
  } finally {
    leave();
  }
});

test('[MSG-5] a message of the backend to everyone is a notice', async () => {
  const host = await connect('alice', 'Alice');
  await askAsBackend('/v1/messages', { kind: 'maintenance', body: { text: '<i>at noon</i>' } });
  await host.sees('notice-text', 'To everyone · maintenance: {"text":"<i>at noon</i>"}');
});

// Words for tests of the outbox: what a room says, in a few letters.
import type { Announcement } from '../../src/delivery/broadcast.ts';

export const message = (id: string, text = ''): Announcement => ({
  kind: 'message',
  json: JSON.stringify({ messageId: id, text }),
});
export const update = (version: number, staffOnly?: 'staffOnly'): Announcement => {
  const json = JSON.stringify({ version });
  return { kind: 'update', epoch: 'e', shown: { public: staffOnly ? null : json, staff: json } };
};
export const reaction = (key: string, count = 1): Announcement => ({ kind: 'reaction', key, count });
export const audience = (count: number): Announcement => ({ kind: 'audience', count, joined: [], left: [] });

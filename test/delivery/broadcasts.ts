// Short ways to make broadcasts, for tests of the outbox.
import type { Broadcast } from '../../src/delivery/broadcast.ts';

export const message = (id: string, text = ''): Broadcast => ({
  kind: 'message',
  json: JSON.stringify({ messageId: id, text }),
});
export const update = (version: number, staffOnly?: 'staffOnly'): Broadcast => {
  const json = JSON.stringify({ version });
  return { kind: 'update', epoch: 'e', jsonFor: { public: staffOnly ? null : json, staff: json } };
};
export const reaction = (key: string, count = 1): Broadcast => ({ kind: 'reaction', key, count });
export const audience = (count: number): Broadcast => ({ kind: 'audience', count, joined: [], left: [] });

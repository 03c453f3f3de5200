// The page's following of one room, with answers made up here: what it takes over from a resumed join. No network.
import { expect, test } from 'vitest';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { MemberView } from '../../src/protocol/snapshot.ts';
import { buildSnapshot } from '../../src/rooms/shown.ts';
import { aUserId, buildRoom } from '../support/domain.ts';

interface Audience {
  readonly count: number;
  readonly people: ReadonlyMap<string, { readonly member: MemberView | null }>;
}
type Receive = (answer: { readonly ok: true; readonly data: object }) => void;

/** What the page's module offers; it is plain JavaScript, so its types are said here. */
interface RoomClient {
  readonly place: { readonly room: { readonly version: number }; readonly audience: Audience } | null;
  join(roomId: string, password: string, done: () => void): void;
  rejoin(): void;
  hear(name: string, payload: object): void;
}
type NewRoomClient = new (parts: {
  ask(name: string, payload: object, receive: Receive): void;
  onChange(): void;
  onLeft(): void;
}) => RoomClient;

const address = new URL('../../src/console/room-client.js', import.meta.url).href;
const { RoomClient } = (await import(/* @vite-ignore */ address)) as { RoomClient: NewRoomClient };

const member = (userId: string, fence: number): MemberView => {
  return { userId: aUserId(userId), name: userId, avatar: '', role: 'member', seat: null, since: 1, fence };
};
const you = { role: 'member', seat: null, request: null, invitation: null, fence: 1 };
const grant = { role: 'subscriber' };

test('[ROOM-2][SYNC-6] the audience of a resumed join replaces the list, and its fences count', () => {
  const state = buildRoom();
  const { roomId } = state;
  const room = {
    ...buildSnapshot({ state, epoch: 'e', version: 4 } as Parameters<typeof buildSnapshot>[0], 'public', {
      audience: { count: 0, members: [] },
      recentMessages: [],
    }),
    audience: { count: 2, members: [member('alice', 1), member('bob', 5)] },
  };
  const resumed = { updates: [], epoch: 'e', version: 6, you, grant };
  const answers = [
    { room, you, grant },
    { ...resumed, audience: { count: 2, members: [member('alice', 8), member('carol', 7)] } },
  ];
  const asked: object[] = [];
  const client = new RoomClient({
    ask(_name, payload, receive) {
      asked.push(payload);
      const data = answers.shift();
      if (data) receive({ ok: true, data });
    },
    onChange() {},
    onLeft() {},
  });
  const hear = (news: Partial<ServerEventPayload<'room:audience'>>) =>
    client.hear('room:audience', { roomId, count: 2, ...news });
  const shown = () => [...(client.place?.audience.people.values() ?? [])].flatMap(({ member }) => member?.userId ?? []);

  client.join(roomId, '', () => {});
  expect(shown()).toEqual(['alice', 'bob']);
  client.rejoin();
  expect(asked.at(-1)).toMatchObject({ resume: { epoch: 'e', version: 4 } });
  expect(shown()).toEqual(['alice', 'carol']);
  expect(client.place?.room.version).toBe(6);

  hear({ left: [{ userId: aUserId('alice'), fence: 7 }] });
  hear({ joined: [member('bob', 4)] });
  expect(shown()).toEqual(['alice', 'carol']);
  hear({ left: [{ userId: aUserId('alice'), fence: 8 }] });
  expect(shown()).toEqual(['carol']);
});

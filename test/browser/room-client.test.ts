// The page's client of one room, with made-up answers: joins, resumes, pages of members, commands. No network.
import { expect, test } from 'vitest';
import type { ServerEventPayload } from '../../src/protocol/server-events.ts';
import type { MemberView } from '../../src/protocol/snapshot.ts';
import { buildSnapshot } from '../../src/rooms/audience/snapshot-builder.ts';
import { aUserId, buildRoom } from '../support/domain.ts';

interface Audience {
  readonly count: number;
  readonly people: ReadonlyMap<string, { readonly member: MemberView | null }>;
}
type Receive = (answer: { readonly ok: true; readonly data: object }) => void;

/** The exports of the page's module, which is plain JavaScript without types. */
interface RoomClient {
  readonly place: {
    readonly room: { readonly roomId: string; readonly version: number };
    readonly audience: Audience;
    readonly chat: { readonly messages: readonly { readonly messageId: string }[] };
    readonly grant: { readonly role: string };
  } | null;
  join(roomId: string, password: string, done: () => void): void;
  rejoin(): void;
  readMembers(done: () => void): void;
  relay(name: string, payload: object, done: () => void): void;
  onEvent(name: string, payload: object): void;
}
type NewRoomClient = new (deps: {
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

const state = buildRoom();
const { roomId } = state;
const nobody = { audience: { count: 0, members: [] }, recentMessages: [] };
const snapshot = buildSnapshot(
  { state, epoch: 'e', version: 4 } as Parameters<typeof buildSnapshot>[0],
  'public',
  nobody,
);
const chat = (at: number) => ({ messageId: `m${at}`, kind: 'chat', from: { userId: 'bob' }, at, body: { text: 'hi' } });

/** A client that gets these answers one after the other, and the commands that it sent. */
function clientAnswered(...answers: object[]) {
  const asked: [name: string, payload: object][] = [];
  const client = new RoomClient({
    ask(name, payload, receive) {
      asked.push([name, payload]);
      const data = answers.shift();
      if (data) receive({ ok: true, data });
    },
    onChange() {},
    onLeft() {},
  });
  const members = () =>
    [...(client.place?.audience.people.values() ?? [])].flatMap(({ member }) => member?.userId ?? []);
  return { client, asked, members };
}

test('[ROOM-2][SYNC-6] the audience of a resumed join replaces the list, and its fences count', () => {
  const room = { ...snapshot, audience: { count: 2, members: [member('alice', 1), member('bob', 5)] } };
  const resumed = { updates: [], epoch: 'e', version: 6, messages: [], deletedMessages: [], you, grant };
  const audience = { count: 2, members: [member('alice', 8), member('carol', 7)] };
  const { client, asked, members } = clientAnswered({ room, you, grant }, { ...resumed, audience });
  const onNews = (news: Partial<ServerEventPayload<'room:audience'>>) =>
    client.onEvent('room:audience', { roomId, count: 2, ...news });

  client.join(roomId, '', () => {});
  expect(members()).toEqual(['alice', 'bob']);
  client.rejoin();
  expect(asked.at(-1)?.[1]).toMatchObject({ resume: { epoch: 'e', version: 4 } });
  expect(members()).toEqual(['alice', 'carol']);
  expect(client.place?.room.version).toBe(6);

  onNews({ left: [{ userId: aUserId('alice'), fence: 7 }] });
  onNews({ joined: [member('bob', 4)] });
  expect(members()).toEqual(['alice', 'carol']);
  onNews({ left: [{ userId: aUserId('alice'), fence: 8 }] });
  expect(members()).toEqual(['carol']);
});

test('[ROOM-2][MSG-3] a resume names the last chat message, and takes over the messages and deletions since', () => {
  const resumed = { updates: [], epoch: 'e', version: 4, audience: { count: 0, members: [] }, you, grant };
  const { client, asked } = clientAnswered(
    { room: { ...snapshot, recentMessages: [chat(1), chat(2)] }, you, grant },
    { ...resumed, messages: [chat(4)], deletedMessages: ['m1'] },
  );
  client.join(roomId, '', () => {});
  client.onEvent('room:messages', { roomId, messages: [chat(3), { kind: 'reaction', key: 'heart', count: 1 }] });
  client.onEvent('room:messages', { roomId: 'another', messages: [chat(9)] });
  client.rejoin();
  expect(asked.at(-1)?.[1]).toMatchObject({ resume: { messageId: 'm3' } });
  const ids = () => client.place?.chat.messages.map(({ messageId }) => messageId);
  expect(ids()).toEqual(['m2', 'm3', 'm4']);
  client.onEvent('message:deleted', { roomId, messageId: 'm3', by: 'alice' });
  expect(ids()).toEqual(['m2', 'm4']);
});

test('[PRES-5][SYNC-6] all members are read page by page; a page does not bring back a member who left meanwhile', () => {
  const page = (cursor: string | null, ...members: MemberView[]) => ({ members, cursor, count: 4 });
  const { client, asked, members } = clientAnswered(
    { room: { ...snapshot, audience: { count: 4, members: [member('alice', 1)] } }, you, grant },
    page('17', member('alice', 1), member('bob', 2)),
    page(null, member('carol', 3), member('dave', 4)),
    page(null, member('dave', 5)),
  );
  client.join(roomId, '', () => {});
  client.onEvent('room:audience', { roomId, count: 3, left: [{ userId: aUserId('carol'), fence: 3 }] });
  client.readMembers(() => {});
  expect(asked.slice(1).map(([, payload]) => payload)).toEqual([
    expect.objectContaining({ roomId, limit: 200 }),
    expect.objectContaining({ roomId, limit: 200, cursor: '17' }),
  ]);
  expect(asked[1]?.[1]).not.toHaveProperty('cursor');
  expect(members()).toEqual(['alice', 'bob', 'dave']);
  client.onEvent('room:audience', { roomId, count: 2, left: [{ userId: aUserId('dave'), fence: 4 }] });
  client.readMembers(() => {});
  expect(members()).toEqual(['alice', 'bob', 'dave']);
});

test('[ROOM-2][ROOM-3] the page follows commands that the user writes by hand, if they concern the page’s room', () => {
  const other = { ...snapshot, roomId: 'other' };
  const { client } = clientAnswered(
    { room: snapshot, you, grant },
    { grant: { role: 'publisher' } },
    { room: other, you, grant },
    { grant: { role: 'subscriber' } },
    {},
    {},
  );
  client.relay('room:join', { roomId }, () => {});
  expect(client.place?.room.roomId).toBe(roomId);
  client.relay('rtc:renew', { roomId }, () => {});
  expect(client.place?.grant.role).toBe('publisher');
  client.relay('room:join', { roomId: 'other' }, () => {});
  client.relay('rtc:renew', { roomId: 'other' }, () => {});
  client.relay('room:leave', { roomId: 'other' }, () => {});
  expect(client.place).toMatchObject({ room: { roomId }, grant: { role: 'publisher' } });
  client.relay('room:leave', { roomId }, () => {});
  expect(client.place).toBeNull();
});

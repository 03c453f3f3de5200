// Every command from users without the right to it, and in rooms where it is impossible: the code of SPEC, no change.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryEngines, type MemoryEngines } from '../../src/engines.ts';
import { commandNames } from '../../src/protocol/commands.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import type { AppClient } from '../support/app-client.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { uniqueId } from '../support/stored-room.ts';
import type { TestApp } from '../support/test-app.ts';
import { cast, exampleOf, seats } from './examples.ts';
import { bytesOf, connect, type Role, Scene, startStill } from './scene.ts';

let engines: MemoryEngines;
let app: TestApp;
let scene: Scene;
let closedRoom: string;
let formerOwner: AppClient;

beforeAll(async () => {
  const clock = new ManualClock(Date.now());
  engines = createMemoryEngines(clock);
  app = await startStill(engines, clock);
  scene = await Scene.build(app);
  closedRoom = uniqueId('closed');
  formerOwner = await connect(app, 'former-owner');
  await formerOwner.do('room:create', { roomId: closedRoom, title: 'Over' });
  await formerOwner.do('room:close', { roomId: closedRoom });
});
afterAll(async () => {
  scene.close();
  formerOwner.close();
  await app.stop();
});

const storedBytes = (roomId: string = scene.roomId) => bytesOf(engines.tables.get(roomId as RoomId));
const ofRooms = commandNames.filter((name) => exampleOf(name).room !== 'none');

/** The code of the answer, or ok; the room must be the same afterwards, to the byte. */
async function codeOf(client: AppClient, name: string, payload: object, roomId = scene.roomId): Promise<string> {
  const before = storedBytes(roomId);
  const answer = await client.ask(name, { roomId, ...payload });
  expect([name, storedBytes(roomId)]).toEqual([name, before]);
  return answer.ok ? 'ok' : answer.error.code;
}

/** A user who is not a member may join, and nothing else. */
const notForOutsiders = ofRooms.filter((name) => name !== 'room:join');

describe('without a membership or without an open room', () => {
  test.each(notForOutsiders)('[CONN-7] %s · not a member → NOT_A_MEMBER', async (name) => {
    expect(await codeOf(scene.clients.stranger, name, exampleOf(name).payload)).toBe('NOT_A_MEMBER');
  });

  test.each(ofRooms)('[ROOM-6] %s · closed room → ROOM_CLOSED, for its owner and for a stranger', async (name) => {
    const { payload } = exampleOf(name);
    for (const client of [formerOwner, scene.clients.stranger]) {
      expect(await codeOf(client, name, payload, closedRoom)).toBe('ROOM_CLOSED');
    }
  });

  test.each(ofRooms)('[CONN-7] %s · no such room → ROOM_NOT_FOUND', async (name) => {
    const size = engines.tables.size;
    expect(await codeOf(scene.clients.stranger, name, exampleOf(name).payload, 'nowhere')).toBe('ROOM_NOT_FOUND');
    expect(engines.tables.size).toBe(size);
  });

  test('[ROOM-1] room:create · a room of this id is open → ROOM_EXISTS, or is closed → ROOM_CLOSED', async () => {
    const { payload } = exampleOf('room:create');
    expect(await codeOf(scene.clients.stranger, 'room:create', payload)).toBe('ROOM_EXISTS');
    expect(await codeOf(scene.clients.stranger, 'room:create', payload, closedRoom)).toBe('ROOM_CLOSED');
  });

  test('[CONN-7] a commandId does not change these codes', async () => {
    const { stranger } = scene.clients;
    for (const name of notForOutsiders) {
      const payload = { ...exampleOf(name).payload, commandId: uniqueId('command') };
      expect(await codeOf(stranger, name, payload)).toBe('NOT_A_MEMBER');
      expect(await codeOf(stranger, name, payload, 'nowhere')).toBe('ROOM_NOT_FOUND');
    }
  });
});

describe('without the right', () => {
  const refusedTo: Record<Role, (may: string | undefined) => boolean> = {
    member: (may) => may !== undefined,
    seated: (may) => may !== undefined,
    admin: (may) => may === 'owner',
    peer: (may) => may === 'owner',
    owner: () => false,
  };
  const cases = ofRooms.flatMap((name) =>
    (['member', 'seated', 'admin'] as const)
      .filter((role) => refusedTo[role](exampleOf(name).may))
      .map((role) => [name, role] as const),
  );

  test.each(cases)('[ROLE-1] %s · by %s → FORBIDDEN', async (name, role) => {
    const { payload, aims } = exampleOf(name);
    expect(await codeOf(scene.clients[role], name, payload)).toBe('FORBIDDEN');
    // The refusal reveals neither a rank nor the state of the stage to a user without the right.
    if (aims === 'userId')
      expect(await codeOf(scene.clients[role], name, { ...payload, userId: 'nobody' })).toBe('FORBIDDEN');
    if (aims === 'seat') expect(await codeOf(scene.clients[role], name, { ...payload, seat: 63 })).toBe('FORBIDDEN');
  });

  test('[ROLE-1] seat:take · by a member in request mode → REQUEST_REQUIRED, in invite mode → INVITE_REQUIRED', async () => {
    const { owner, member } = scene.clients;
    const { roomId } = scene;
    expect(await codeOf(member, 'seat:take', {})).toBe('REQUEST_REQUIRED');
    expect(await codeOf(member, 'seat:take', { seat: seats.free })).toBe('REQUEST_REQUIRED');
    await owner.do('room:update', { roomId, seatMode: 'invite' });
    expect(await codeOf(member, 'seat:take', {})).toBe('INVITE_REQUIRED');
    expect(await codeOf(member, 'request:send', {})).toBe('INVITE_REQUIRED');
    await owner.do('room:update', { roomId, seatMode: 'request' });
    await member.do('request:send', { roomId });
  });

  test('[ROLE-1] room:update · an admin may change title and notice, and nothing beside them', async () => {
    for (const more of [{ seatCount: 3 }, { password: null }, { password: 'x' }, { chat: 'off' }, { priority: true }]) {
      expect(await codeOf(scene.clients.admin, 'room:update', { title: 'Mine', notice: 'Mine', ...more })).toBe(
        'FORBIDDEN',
      );
    }
  });
});

describe('on a target of the same or a higher rank', () => {
  const cases = commandNames.flatMap((name) => {
    const { aims } = exampleOf(name);
    return aims
      ? ([
          [name, 'peer'],
          [name, 'owner'],
        ] as const)
      : [];
  });

  test.each(cases)('[ROLE-1] %s · by an admin on the %s → TARGET_OUTRANKS', async (name, target) => {
    const { payload, aims } = exampleOf(name);
    const aimed = aims === 'seat' ? { seat: seats[target] } : { userId: cast[target] };
    expect(await codeOf(scene.clients.admin, name, { ...payload, ...aimed })).toBe('TARGET_OUTRANKS');
  });

  test.each(['peer', 'owner'] as const)(
    '[ROLE-1] seat:kick · by an admin on the %s by name → TARGET_OUTRANKS',
    async (target) => {
      expect(await codeOf(scene.clients.admin, 'seat:kick', { userId: cast[target] })).toBe('TARGET_OUTRANKS');
    },
  );

  test('[ROLE-1] seat:pick · an admin cannot give the seat of another admin to a member', async () => {
    for (const policy of ['replace', 'swap']) {
      const payload = { userId: cast.seated, seat: seats.peer, policy };
      expect(await codeOf(scene.clients.admin, 'seat:pick', payload)).toBe('TARGET_OUTRANKS');
    }
  });
});

// The memory engine keeps the contracts. Besides: what takes time, because its clock can be set.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import type { SessionId } from '../../src/protocol/ids.ts';
import { REVOCATION_NEWS_MS, SESSION_TTL_MS, SESSIONS_PER_USER_MAX } from '../../src/store/account-store.ts';
import { DIRECTORY_ENTRY_TTL_MS, OWNERSHIP_TTL_MS } from '../../src/store/directory-store.ts';
import { ANSWER_MEMORY_MS, CLOSED_ROOM_TTL_MS, IDLE_ROOM_TTL_MS } from '../../src/store/room-store.ts';
import { ManualClock, runMicrotasks } from '../support/manual-clock.ts';
import { aCommit, aStoredRoom, onItsOwn, roomId, titled, userId } from '../support/stored-room.ts';
import { accountStoreContract } from './account-store.contract.ts';
import { chatCapContract } from './chat-cap.contract.ts';
import { directoryStoreContract } from './directory-store.contract.ts';
import { latenessContract } from './lateness.contract.ts';
import { messageStoreContract } from './message-store.contract.ts';
import { presenceCrowdContract } from './presence-crowd.contract.ts';
import { presencePagesContract } from './presence-pages.contract.ts';
import { presenceStoreContract } from './presence-store.contract.ts';
import { roomStoreContract } from './room-store.contract.ts';

let clock: ManualClock;
let engines: Engines;

beforeEach(() => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
});

describe('memory engine: room store', () => roomStoreContract(() => engines, runMicrotasks));
describe('memory engine: presence store', () => presenceStoreContract(() => engines));
describe('memory engine: a crowd of joins and leaves', () => presenceCrowdContract(() => engines));
describe('memory engine: pages of members', () => presencePagesContract(() => engines));
describe('memory engine: message store', () => messageStoreContract(() => engines));
describe('memory engine: the cap on chat', () => chatCapContract(() => engines));
describe('memory engine: stale writes', () => latenessContract(() => engines));
describe('memory engine: account store', () => accountStoreContract(() => engines));
describe('memory engine: directory', () => directoryStoreContract(async () => engines));

describe('memory engine: time', () => {
  test('[ROOM-6] a closed room is forgotten after 10 minutes and can be created again', async () => {
    const { store } = engines;
    const room = aStoredRoom(store, roomId('r1'));
    await store.create(room, null);
    const closed = { type: 'room.closed' as const, by: 'owner', at: store.now(), reason: 'over' };
    await store.commit(aCommit(store, room, { events: [closed] }));
    await clock.advance(CLOSED_ROOM_TTL_MS - 1);
    expect(await store.create(room, null)).toBe('closed');
    await clock.advance(1);
    expect(await store.load(roomId('r1'))).toBeNull();
    expect(await store.create(aStoredRoom(store, roomId('r1')), null)).toBe('created');
  });

  test('[ROOM-9] a room that no node keeps is forgotten, one that is kept is not', async () => {
    const { store } = engines;
    for (const id of ['idle', 'kept']) await store.create(aStoredRoom(store, roomId(id)), null);
    await clock.advance(IDLE_ROOM_TTL_MS - 1);
    await store.keep(roomId('kept'));
    await clock.advance(1);
    expect(await store.load(roomId('idle'))).toBeNull();
    expect(await store.load(roomId('kept'))).not.toBeNull();
  });

  test('[ACK-2] an answer is remembered for two minutes', async () => {
    const { store } = engines;
    const room = aStoredRoom(store, roomId('r1'));
    await store.create(room, null);
    const key = { userId: 'alice', commandId: 'c1' };
    const first = aCommit(store, room, {
      events: [titled('x', store.now())],
      answers: [{ ...key, command: 'room:update', answer: '{}' }],
    });
    await store.commit(first);
    const after = first.change?.after ?? room;
    await clock.advance(ANSWER_MEMORY_MS - 1);
    expect((await store.commit(aCommit(store, after, { commandKeys: [key] }))).status).toBe('answered');
    await clock.advance(1);
    expect((await store.commit(aCommit(store, after, { commandKeys: [key] }))).status).toBe('committed');
  });

  test('[CONN-14] a session that is not admitted again has died with its node, and makes room', async () => {
    const { accounts, store } = engines;
    const admit = (id: string) =>
      accounts.admit({
        userId: userId('alice'),
        sessionId: id as SessionId,
        issuedAt: store.now(),
        since: null,
        ...onItsOwn,
      });
    for (let index = 0; index < SESSIONS_PER_USER_MAX; index++) await admit(`old${index}`);
    await clock.advance(SESSION_TTL_MS);
    expect(await admit('new')).toMatchObject({ status: 'admitted', displaced: [] });
  });

  test('[CONN-13] a revocation is forgotten at the given time, and leaves the list of news after an hour', async () => {
    const { accounts, store } = engines;
    const token = { userId: userId('alice'), issuedAt: store.now() };
    const { at } = await accounts.revoke(token.userId, store.now() + 2 * REVOCATION_NEWS_MS);
    await clock.advance(REVOCATION_NEWS_MS + 1);
    expect(await accounts.revokedSince(at)).toEqual([]);
    expect(await accounts.isRevoked(token)).toBe(true);
    await clock.advance(REVOCATION_NEWS_MS);
    expect(await accounts.isRevoked(token)).toBe(false);
  });

  test('[ROOM-8] a room that no node announces any more is not listed', async () => {
    const { directory, store } = engines;
    const { toEntry } = await import('../../src/rooms/live/directory-announcer.ts');
    await directory.announce(toEntry(aStoredRoom(store, roomId('r1')).state, 1));
    await clock.advance(DIRECTORY_ENTRY_TTL_MS - 1);
    expect((await directory.list({ sort: 'new', category: null, cursor: null, limit: 10 })).rooms).toHaveLength(1);
    await clock.advance(1);
    expect((await directory.list({ sort: 'new', category: null, cursor: null, limit: 10 })).rooms).toHaveLength(0);
  });

  test('[ROOM-1] a claim that was not repeated within the lifetime of an idle room is forgotten', async () => {
    const { directory } = engines;
    await directory.claim(userId('alice'), roomId('old'));
    await clock.advance(OWNERSHIP_TTL_MS - 1);
    await directory.claim(userId('alice'), roomId('new'));
    await clock.advance(1);
    expect(await directory.ownedBy(userId('alice'))).toEqual(['new']);
  });
});

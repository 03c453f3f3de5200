// Stale writes are refused, run against every engine. The clause is [S5] of room-store.ts.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { MessageId, RoomId } from '../../src/protocol/ids.ts';
import type { NewMessage } from '../../src/store/message-store.ts';
import { CLOCK_TOLERANCE_MS, type SessionFence } from '../../src/store/room-store.ts';
import { StaleWriteError } from '../../src/store/store-errors.ts';
import { aJoining, aStoredRoom, joined, roomId, uniqueId, userId } from '../support/stored-room.ts';

export function latenessContract(engine: () => Engines): void {
  let id: RoomId;
  let alice: SessionFence;

  beforeEach(async () => {
    const { store, presence } = engine();
    id = roomId(uniqueId('room'));
    await store.create(aStoredRoom(store, id), null);
    const { userId: user, fence } = await joined(presence, id, aJoining('alice'));
    alice = { userId: user, fence };
  });

  /** A moment that is just too long ago, and one that is not. */
  const late = () => engine().store.now() - CLOCK_TOLERANCE_MS - 100;
  const inTime = () => engine().store.now() - CLOCK_TOLERANCE_MS / 2;

  const saying = (decidedAt: number): NewMessage => ({
    session: alice,
    key: null,
    messageId: uniqueId('m') as MessageId,
    rank: 'plain',
    decidedAt,
    message: {
      messageId: uniqueId('m') as MessageId,
      kind: 'chat',
      from: { userId: 'alice', name: 'Alice', avatar: '' },
      body: { text: 'hello' },
    } as NewMessage['message'],
  });

  test('[PRES-3] a stale join', async () => {
    const { presence } = engine();
    await expect(presence.join(id, aJoining('bob', { decidedAt: late() }))).rejects.toThrow(StaleWriteError);
    expect(await presence.count(id)).toBe(1);
    expect(await presence.join(id, aJoining('bob', { decidedAt: inTime() }))).toMatchObject({ status: 'joined' });
  });

  test('[PRES-3] a stale leave; leaves in the same batch take place', async () => {
    const { presence } = engine();
    const [first, second] = await Promise.allSettled([
      presence.leave(id, { ...alice, decidedAt: late() }),
      presence.join(id, aJoining('bob', { decidedAt: inTime() })),
    ]);
    expect([first.status, second.status, await presence.count(id)]).toEqual(['rejected', 'fulfilled', 2]);
    expect(await presence.leave(id, { ...alice, decidedAt: inTime() })).toBe('left');
  });

  test('[PRES-3] a stale message', async () => {
    const { messages } = engine();
    await expect(messages.write(id, [saying(late())])).rejects.toThrow(StaleWriteError);
    expect(await messages.recent(id)).toEqual([]);
    expect(await messages.write(id, [saying(inTime())])).toMatchObject([{ status: 'said' }]);
  });

  test('[PRES-3] a stale deletion and a stale signal', async () => {
    const { messages } = engine();
    const deletion = { session: alice, key: null, messageId: 'm' as MessageId, by: 'alice', scope: 'any' as const };
    await expect(messages.delete(id, { ...deletion, decidedAt: late() })).rejects.toThrow(StaleWriteError);
    expect(await messages.delete(id, { ...deletion, decidedAt: inTime() })).toEqual({ status: 'deleted' });
    const signal = { session: alice, key: null, to: userId('alice'), data: {} };
    await expect(messages.signal(id, { ...signal, decidedAt: late() })).rejects.toThrow(StaleWriteError);
    expect(await messages.signal(id, { ...signal, decidedAt: inTime() })).toEqual({ status: 'sent' });
  });
}

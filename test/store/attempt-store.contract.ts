// The attempt store's contract, run against every engine. The clause [A1] is that of src/store/attempt-store.ts.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import { ATTEMPTS_MAX, LOCKOUT_MS } from '../../src/store/attempt-store.ts';
import { roomId, uniqueId, userId } from '../support/stored-room.ts';

export function attemptStoreContract(engine: () => Engines): void {
  let id: RoomId;
  const alice = userId('alice');
  const attempts = () => engine().attempts;
  const many = async (count: number, user = alice) => {
    const results = [];
    for (let index = 0; index < count; index++) results.push((await attempts().attempt(id, user)).status);
    return results;
  };

  beforeEach(() => {
    id = roomId(uniqueId('room'));
  });

  test('[ROOM-2] five attempts are allowed; the sixth is refused, with the time of the lockout', async () => {
    expect(ATTEMPTS_MAX).toBe(5);
    expect(await many(5)).toEqual(Array.from({ length: 5 }, () => 'allowed'));
    const sixth = await attempts().attempt(id, alice);
    if (sixth.status !== 'locked') throw new Error('a sixth attempt was allowed');
    expect(LOCKOUT_MS).toBe(30 * 60_000);
    expect(sixth.retryAfterMs).toBeGreaterThan(LOCKOUT_MS - 30_000);
    expect(sixth.retryAfterMs).toBeLessThanOrEqual(LOCKOUT_MS);
  });

  test('[ROOM-2] attempts are counted for each user and each room alone', async () => {
    await many(5);
    expect(await attempts().attempt(id, userId('bob'))).toEqual({ status: 'allowed' });
    expect(await attempts().attempt(roomId(uniqueId('room')), alice)).toEqual({ status: 'allowed' });
    expect((await attempts().attempt(id, alice)).status).toBe('locked');
  });

  test('[ROOM-2] a right password clears the count, for its user alone', async () => {
    const bob = userId('bob');
    await many(5);
    await many(5, bob);
    await attempts().forgive(id, alice);
    expect(await many(6)).toEqual([...Array.from({ length: 5 }, () => 'allowed'), 'locked']);
    expect((await attempts().attempt(id, bob)).status).toBe('locked');
    await attempts().forgive(id, userId('nobody'));
  });

  test('[A1] of many attempts at once at most five are allowed', async () => {
    const results = await Promise.all(Array.from({ length: 40 }, () => attempts().attempt(id, alice)));
    expect(results.filter(({ status }) => status === 'allowed')).toHaveLength(5);
  });
}

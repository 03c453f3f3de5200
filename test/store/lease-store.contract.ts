// The lease store's contract, run against every engine: live nodes, their rooms, and what is due. The clauses
// [L1]…[L7] are those of src/store/lease-store.ts.
import { beforeEach, expect, test } from 'vitest';
import type { Engines } from '../../src/engines.ts';
import type { RoomId } from '../../src/protocol/ids.ts';
import {
  CLAIM_MS,
  DEAD_NODE_MEMORY_MS,
  HANDED_OVER_MAX,
  HANDOVER_MS,
  LEASE_MS,
  type LeaseStore,
  SURVEY_INTERVAL_MS,
} from '../../src/store/lease-store.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { nodeId, roomId } from '../support/stored-room.ts';

interface World {
  readonly engine: () => Engines;
  /** Lets time pass in the store. */
  readonly pass: (byMs: number) => Promise<unknown>;
}

const [one, other] = [nodeId('one'), nodeId('other')];
const [ROOM, SECOND] = [roomId('room'), roomId('second')];

export function leaseStoreContract({ engine, pass }: World): void {
  let leases: LeaseStore;
  beforeEach(async () => {
    ({ leases } = engine());
    await leases.survey({ limit: 0 });
  });

  const survey = (limit = 10) => leases.survey({ limit });
  const dueRooms = async () => (await survey()).rooms.map(({ roomId: id }) => id);

  /** Time passes while `other` lives and surveys. */
  async function live(byMs: number): Promise<void> {
    for (let left = byMs; left > 0; left -= SURVEY_INTERVAL_MS) {
      await pass(Math.min(left, SURVEY_INTERVAL_MS));
      await leases.renew(other);
      await leases.survey({ limit: 0 });
    }
  }

  test('[L1][L6] a renewal says `unlisted` until the node has listed its rooms, then `renewed`', async () => {
    expect(await leases.renew(one)).toBe('unlisted');
    expect(await leases.renew(one)).toBe('unlisted');
    await leases.list(one, []);
    expect(await leases.renew(one)).toBe('renewed');
    expect([...(await survey()).live]).toEqual([one]);
  });

  test('[L1] a node that does not renew is dead when its lease has ended, and stays dead', async () => {
    await leases.renew(one);
    await live(LEASE_MS - SURVEY_INTERVAL_MS);
    expect((await survey()).dead.has(one)).toBe(false);
    await live(SURVEY_INTERVAL_MS * 2);
    const { dead, live: living } = await survey();
    expect([...dead.keys()]).toEqual([one]);
    expect([...living]).toEqual([other]);
    expect(await leases.renew(one)).toBe('dead');
    expect((await survey()).live.has(one)).toBe(false);
  });

  test('[L1] a lease goes on if no survey noticed its end', async () => {
    await leases.renew(one);
    await leases.list(one, []);
    await pass(2_000);
    await survey();
    await pass(2_000);
    await survey();
    await pass(2_000);
    expect(await leases.renew(one)).toBe('renewed');
  });

  test('[L2] the rooms of a dead node become due; those of a live node, and released ones, do not', async () => {
    await leases.renew(one);
    await leases.renew(other);
    await leases.hold(one, [ROOM, SECOND]);
    await leases.hold(other, [roomId('lively')]);
    await leases.release(one, [SECOND]);
    expect(await dueRooms()).toEqual([]);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    expect(await dueRooms()).toEqual([ROOM]);
  });

  test('[L2] a dead node can hold no rooms, and its calls are refused', async () => {
    await leases.renew(one);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    await expect(leases.hold(one, [ROOM])).rejects.toThrow(StoreUnavailableError);
    expect(await dueRooms()).toEqual([]);
  });

  test('[L2] rooms that a node holds before its first renewal become due as well', async () => {
    await leases.hold(one, [ROOM]);
    expect(await dueRooms()).toEqual([]);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    expect(await dueRooms()).toEqual([ROOM]);
  });

  test('[L2] none of many rooms is forgotten', async () => {
    const many = Array.from({ length: HANDED_OVER_MAX + 10 }, (_, index) => `room-${index}` as RoomId);
    await leases.renew(one);
    await leases.hold(one, many);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    const found = new Set<string>();
    for (let rooms = 1; rooms > 0; ) {
      const due = (await survey(100)).rooms;
      rooms = due.length;
      for (const room of due) {
        found.add(room.roomId);
        await leases.reaped(room, null);
      }
    }
    expect(found.size).toBe(many.length);
  });

  test('[L3] a due room is claimed once, and again when the claim has ended', async () => {
    await leases.renew(one);
    await leases.hold(one, [ROOM]);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    expect(await dueRooms()).toEqual([ROOM]);
    expect(await dueRooms()).toEqual([]);
    await live(CLAIM_MS);
    expect(await dueRooms()).toEqual([ROOM]);
  });

  test('[L3] a reaped room is done, or due again at the given time', async () => {
    await leases.renew(one);
    await leases.hold(one, [ROOM, SECOND]);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    const { rooms } = await survey();
    for (const room of rooms) await leases.reaped(room, room.roomId === ROOM ? null : room.claim - CLAIM_MS + 4_000);
    await live(3_500);
    expect(await dueRooms()).toEqual([]);
    await live(1_000);
    expect(await dueRooms()).toEqual([SECOND]);
    await live(CLAIM_MS);
    expect(await dueRooms()).toEqual([SECOND]);
  });

  test('[L4] a room that becomes due while a node looks after it stays due', async () => {
    await leases.renew(one);
    await leases.hold(one, [ROOM]);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    const [room] = (await survey()).rooms;
    const third = nodeId('third');
    await leases.renew(third);
    await leases.hold(third, [ROOM]);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    if (room) await leases.reaped(room, null);
    expect(await dueRooms()).toEqual([ROOM]);
  });

  test('[L5] no node is dead because the store was away', async () => {
    await leases.renew(one);
    await leases.renew(other);
    await pass(LEASE_MS * 4);
    const { live: living, dead } = await survey();
    expect([[...living].sort(), dead.size]).toEqual([[one, other], 0]);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    expect([...(await survey()).dead.keys()]).toEqual([one]);
  });

  test('[L1][L2] a node that resigns is dead, but its members and rooms have the time of the handover', async () => {
    await leases.renew(one);
    await leases.hold(one, [ROOM]);
    await leases.resign(one);
    await leases.resign(one);
    expect([...(await survey()).dead.keys()]).toEqual([one]);
    expect(await leases.renew(one)).toBe('dead');
    await live(HANDOVER_MS - SURVEY_INTERVAL_MS);
    expect(await dueRooms()).toEqual([]);
    await live(SURVEY_INTERVAL_MS * 2);
    expect(await dueRooms()).toEqual([ROOM]);
  });

  test('[L2][L6] a list replaces what was known: missing rooms are due at once, the others when the node dies', async () => {
    await leases.renew(one);
    await leases.hold(one, [ROOM]);
    await leases.list(one, [SECOND]);
    expect(await dueRooms()).toEqual([ROOM]);
    await live(LEASE_MS + SURVEY_INTERVAL_MS);
    expect(await dueRooms()).toEqual([SECOND]);
    await expect(leases.list(one, [ROOM])).rejects.toThrow(StoreUnavailableError);
  });

  test('[L6] whether a node holds a room is known once it has listed its rooms', async () => {
    await leases.renew(one);
    await leases.renew(other);
    await leases.hold(other, [SECOND]);
    const known = async (id: RoomId) => Object.fromEntries(await leases.holders(id, [one, other]));
    expect(await known(ROOM)).toEqual({ one: 'unknown', other: 'unknown' });
    await leases.list(one, [ROOM]);
    await leases.list(other, [SECOND]);
    expect(await known(ROOM)).toEqual({ one: 'yes', other: 'no' });
    await leases.release(one, [ROOM]);
    await leases.hold(other, [ROOM]);
    expect(await known(ROOM)).toEqual({ one: 'no', other: 'yes' });
    await leases.resign(one);
    expect(await known(ROOM)).toEqual({ one: 'unknown', other: 'yes' });
  });

  test('[L6] a survey returns the time of this server’s first survey', async () => {
    const { since } = await survey();
    await live(LEASE_MS);
    expect((await survey()).since).toBe(since);
  });

  test('[L7] a room that no node holds is made due, once; a held or due room is not', async () => {
    const [orphan, handed] = [roomId('orphan'), roomId('handed')];
    await leases.renew(one);
    await leases.renew(other);
    await leases.hold(other, [ROOM]);
    await leases.hold(one, [handed]);
    await leases.resign(one);
    expect(await leases.claimOrphans([])).toBe(0);
    expect(await leases.claimOrphans([ROOM, orphan, handed])).toBe(1);
    expect(await leases.claimOrphans([ROOM, orphan, handed])).toBe(0);
    expect(await dueRooms()).toEqual([orphan]);
    await live(HANDOVER_MS + SURVEY_INTERVAL_MS);
    expect(await dueRooms()).toEqual(expect.arrayContaining([handed]));
  });

  test('[L1] a dead node is forgotten after an hour', async () => {
    await leases.renew(one);
    await leases.resign(one);
    await survey();
    await pass(DEAD_NODE_MEMORY_MS + HANDOVER_MS + 1_000);
    await survey();
    const { dead, live: living } = await survey();
    expect([dead.size, living.has(one)]).toEqual([0, false]);
  });
}

// A newer server on the same store commits events that this code does not know. Nothing of it is reverted, and members
// here get a snapshot, also after a resume. The test plays the newer server by commits made by hand.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import { createMemoryEngines, type MemoryEngines } from '../../src/engines.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { decodeRoom, encodePosition, encodeSections } from '../../src/store/redis/room-codec.ts';
import type { StoredRoom } from '../../src/store/room-store.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import { type Person, RoomNode } from '../support/room-node.ts';
import { aCommit, aStoredRoom, roomId } from '../support/stored-room.ts';

const ROOM = { roomId: 'mixed' };
let engines: MemoryEngines;
let seam: Interposed;
let node: RoomNode;
let owner: Person;
let guest: Person;

beforeEach(async () => {
  engines = createMemoryEngines(systemClock);
  seam = interpose(engines);
  node = new RoomNode(seam, systemClock);
  owner = node.connect('owner');
  await owner.do('room:create', { ...ROOM, title: 'Mixed', seatMode: 'free' });
  guest = await node.join('guest', 'mixed');
  await owner.do('seat:take', ROOM);
});
afterEach(() => node.close());

async function stored(): Promise<StoredRoom> {
  const room = await engines.store.load(roomId('mixed'));
  if (!room) throw new Error('the room is gone');
  return room;
}

/** The newer server's room as this code reads it, as text. */
const asText = async () => JSON.stringify((await stored()).state);

/** The newer server puts a wreath on each seat, by an event of its own. */
async function wreathe(): Promise<void> {
  const before = await stored();
  const event = { type: 'seats.wreathed', by: 'owner', at: engines.store.now() } as unknown as StageEvent;
  const commit = aCommit(engines.store, before, { events: [event] });
  if (!commit.change) throw new Error('nothing to commit');
  const seats = before.state.seats.map((seat) => ({ ...seat, wreath: 'laurel' }));
  const version = before.version + 1;
  const after = { ...commit.change.after, publicVersion: version, state: { ...before.state, seats } };
  expect(await engines.store.commit({ ...commit, change: { ...commit.change, after } })).toEqual({
    status: 'committed',
  });
}
const wreaths = (text: string) => text.match(/"wreath":"laurel"/g)?.length ?? 0;

test('[SYNC-3] the effect of an unknown event survives the next commit of a server that does not know it', async () => {
  await wreathe();
  await owner.do('mic:set', { ...ROOM, on: false });
  const text = await asText();
  expect(wreaths(text)).toBe((await stored()).state.seats.length);
  expect(text).toContain('"selfMuted":true');
});

test('[SYNC-3] also when a turn meets it only by a conflict', async () => {
  seam.loseNews(1);
  seam.beforeCommit(wreathe);
  await owner.do('mic:set', { ...ROOM, on: false });
  const text = await asText();
  expect(wreaths(text)).toBe((await stored()).state.seats.length);
  expect(text).toContain('"selfMuted":true');
});

test('[SYNC-3][SYNC-8] members get a snapshot, and can follow from there', async () => {
  await wreathe();
  const { version } = await stored();
  await expect.poll(() => guest.payloadsOf('room:snapshot').at(-1)?.room.version).toBe(version);
  const snapshot = guest.payloadsOf('room:snapshot').at(-1);
  expect(wreaths(JSON.stringify(snapshot))).toBe(snapshot?.room.seatCount);
  await owner.do('mic:set', { ...ROOM, on: false });
  await expect.poll(() => guest.stageEvents().at(-1)?.type).toBe('mic.changed');
  expect(guest.payloadsOf('room:events').at(-1)?.updates).toMatchObject([{ after: version, version: version + 1 }]);
});

test('[SYNC-2][SYNC-3] a resume across it gets a snapshot', async () => {
  const { epoch, version } = await stored();
  await guest.disconnect();
  await wreathe();
  const back = node.connect('guest');
  const joined = await back.do('room:join', { ...ROOM, resume: { epoch, version } });
  expect('room' in joined && joined.room?.version).toBe(version + 1);
});

test('[ROOM-1] a room older than a section has it empty; a room without seats is refused', () => {
  const room = aStoredRoom(engines.store, roomId('old'));
  const fields = (...without: string[]) => {
    const all = { ...encodePosition(room), schema: '1', ...encodeSections(room.state), orchestra: '[1]' };
    return new Map(Object.entries(all).filter(([name]) => !without.includes(name)));
  };
  expect(decodeRoom(roomId('old'), fields('attributes', 'outcomes', 'invitations', 'away'))).toEqual(room);
  expect(() => decodeRoom(roomId('old'), fields('seats'))).toThrow('stored without seats');
});

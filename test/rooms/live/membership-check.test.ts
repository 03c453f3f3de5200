// The check of this node's members against the store: the verdict on each, and the cases that cannot be judged.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines } from '../../../src/engines.ts';
import type { SessionId } from '../../../src/protocol/ids.ts';
import type { RoomAudience } from '../../../src/rooms/audience/room-audience.ts';
import { type LocalMember, LocalMembers } from '../../../src/rooms/contract/local-members.ts';
import { MembershipCheck } from '../../../src/rooms/live/membership-check.ts';
import type { MemberRecord, PresenceStore } from '../../../src/store/presence-store.ts';
import type { StoredRoom } from '../../../src/store/room-store.ts';
import { aMember } from '../../support/domain.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { aStoredRoom, nodeId, roomId } from '../../support/stored-room.ts';

const here = nodeId('here');
const record = (name: string, fence: number, node: string = here): MemberRecord => ({
  ...aMember(name, { fence }),
  nodeId: nodeId(node),
  since: 1,
});

let members: LocalMembers;
let stored: Map<string, MemberRecord>;
let copy: { current: StoredRoom };
let node: { id: typeof here; isLeaseCertain: boolean; isRejoining: boolean };
let removed: string[];
let snapshots: string[];
let check: MembershipCheck;

beforeEach(() => {
  members = new LocalMembers();
  stored = new Map();
  copy = { current: aStoredRoom(createMemoryEngines(new ManualClock()).store, roomId('r1')) };
  node = { id: here, isLeaseCertain: true, isRejoining: false };
  [removed, snapshots] = [[], []];
  const audience = {
    ready: async () => undefined,
    removeMember: ({ record: { userId } }: LocalMember, { reason }: { reason: string }) => {
      removed.push(`${userId} ${reason}`);
    },
    sendSnapshots: (some: readonly LocalMember[]) => {
      snapshots.push(...some.map((member) => member.record.userId));
    },
  } as unknown as RoomAudience;
  const presence = { find: async () => stored } as unknown as PresenceStore;
  check = new MembershipCheck({ roomId: roomId('r1'), node, presence, members, audience, copy });
});

/** A member with fence 5 on this node, and the session that the store has for the user. */
function addMember(name: string, inStore: MemberRecord | null): void {
  members.add({ sessionId: `session-${name}` as SessionId, record: record(name, 5), recipient: null });
  if (inStore) stored.set(name, inStore);
}

/** Runs the check; resolves with the users who were lost. */
async function lostUsers(): Promise<string[]> {
  const lost: string[] = [];
  for await (const batch of check.run()) lost.push(...batch.map((member) => member.record.userId));
  return lost;
}

describe('[SYNC-6] after a possible gap', () => {
  test('a member whose session the store has stays, without a snapshot', async () => {
    addMember('alice', record('alice', 5));
    expect([await lostUsers(), removed, snapshots]).toEqual([[], [], []]);
  });

  test('[PRES-4] a member with a newer session was replaced, and one without a session has left', async () => {
    addMember('alice', record('alice', 8, 'elsewhere'));
    addMember('bob', null);
    expect([await lostUsers(), removed]).toEqual([[], ['alice replaced', 'bob disconnected']]);
  });

  test('[PRES-3] a member whose session was ended with this node is lost, and is let in again', async () => {
    addMember('alice', record('alice', 8, ''));
    addMember('bob', record('bob', 3));
    addMember('carol', record('carol', 8, 'elsewhere'));
    const away = { carol: { until: 9, fence: 8 } };
    copy.current = { ...copy.current, state: { ...copy.current.state, away } };
    expect([await lostUsers(), removed]).toEqual([['alice', 'bob', 'carol'], []]);
  });

  test('[PRES-4] a lost member who was let in again, with a lost reply, was not replaced by that', async () => {
    addMember('alice', record('alice', 3));
    expect(await lostUsers()).toEqual(['alice']);
    stored.set('alice', record('alice', 9));
    expect([await lostUsers(), removed]).toEqual([['alice'], []]);
    stored.set('alice', record('alice', 10, 'elsewhere'));
    expect([await lostUsers(), removed]).toEqual([[], ['alice replaced']]);
  });
});

test('[SYNC-4] under a new epoch missing members are lost, and the others get a snapshot; the next run is ordinary', async () => {
  addMember('alice', record('alice', 5));
  addMember('bob', null);
  check.resetForNewEpoch();
  expect([await lostUsers(), snapshots, removed]).toEqual([['bob'], ['alice'], []]);
  members.remove({ userId: 'bob', fence: 5 });
  addMember('carol', null);
  expect([await lostUsers(), snapshots, removed]).toEqual([[], ['alice'], ['carol disconnected']]);
});

test('[PRES-3] a node whose lease is not certain, or that is rejoining, cannot judge its members', async () => {
  addMember('alice', null);
  node.isLeaseCertain = false;
  await expect(lostUsers()).rejects.toThrow('lease');
  Object.assign(node, { isLeaseCertain: true, isRejoining: true });
  await expect(lostUsers()).rejects.toThrow('lease');
  expect(removed).toEqual([]);
});

test('[ROOM-6] in a closed room nobody is checked', async () => {
  addMember('alice', null);
  const closed = { at: 1, by: 'owner', reason: 'closed' } as StoredRoom['state']['closed'];
  copy.current = { ...copy.current, state: { ...copy.current.state, closed } };
  expect([await lostUsers(), removed]).toEqual([[], []]);
});

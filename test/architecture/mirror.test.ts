// Tests mirror the folders of rooms, cluster, users, feed and delivery: their names begin with the source file's name.
import { basename, dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { source, tests } from './tree.ts';

/** Files without a test of their own name, and the test that holds them. Types and data have none. */
const heldBy: Readonly<Record<string, string>> = {
  'src/cluster/liveness.ts': 'test/cluster/reaper.dead-nodes.test.ts',
  'src/delivery/atomic-group.ts': 'test/delivery/outbox.test.ts',
  'src/delivery/broadcast.ts': 'test/delivery/outbox.test.ts',
  'src/delivery/conflation.ts': 'test/delivery/outbox.test.ts',
  'src/delivery/connections.ts': 'test/delivery/outbox.test.ts',
  'src/delivery/encoded-batch.ts': 'test/delivery/outbox.test.ts',
  'src/delivery/flush-window.ts': 'test/delivery/outbox.test.ts',
  'src/delivery/frames.ts': 'test/transport/wire.test.ts',
  'src/delivery/pending-batch.ts': 'test/delivery/outbox.test.ts',
  'src/delivery/recipient.ts': 'test/delivery/outbox.test.ts',
  'src/delivery/slow-consumers.ts': 'test/delivery/outbox.load.test.ts',
  'src/delivery/user-delivery.ts': 'test/transport/user-delivery-socketio.redis.test.ts',
  'src/delivery/waiting-broadcasts.ts': 'test/delivery/outbox.test.ts',
  'src/feed/user-feed-memory.ts': 'test/store/account-store.contract.ts',
  'src/feed/user-feed-redis.ts': 'test/store/account-store.contract.ts',
  'src/feed/user-feed.ts': 'test/store/account-store.contract.ts',
  'src/rooms/audience/snapshot-builder.ts': 'test/rooms/audience/commit-messages.updates.test.ts',
  'src/rooms/audience/snapshot-sender.ts': 'test/rooms/audience/commit-messages.updates.test.ts',
  'src/rooms/contract/caller.ts': 'test/rooms/room-service.room-life.test.ts',
  'src/rooms/contract/local-members.ts': 'test/rooms/membership/leave.connections.test.ts',
  'src/rooms/contract/outcome.ts': 'test/rooms/membership/join.store-failures.test.ts',
  'src/rooms/contract/password.ts': 'test/rooms/room-service.room-life.test.ts',
  'src/rooms/contract/revocation.ts': 'test/users/user-sessions.test.ts',
  'src/rooms/contract/room-deps.ts': 'test/rooms/room-service.room-life.test.ts',
  'src/rooms/contract/service.ts': 'test/http/service.test.ts',
  'src/rooms/live/directory-announcer.ts': 'test/rooms/commands/room-queries.pages.test.ts',
  'src/rooms/live/live-room.ts': 'test/rooms/audience/room-audience.feed-gaps.test.ts',
  'src/rooms/live/live-rooms.ts': 'test/rooms/room-service.room-life.test.ts',
  'src/rooms/membership/connection-rooms.ts': 'test/rooms/membership/leave.connections.test.ts',
  'src/rooms/membership/end-session.ts': 'test/rooms/membership/leave.connections.test.ts',
  'src/rooms/membership/entry-password.ts': 'test/rooms/room-service.room-life.test.ts',
  'src/rooms/membership/resume.ts': 'test/rooms/membership/leave.connections.test.ts',
  'src/rooms/recovery/closed-rooms.ts': 'test/rooms/recovery/recovery.lost-store.test.ts',
  'src/rooms/recovery/copy-validity.ts': 'test/rooms/recovery/recovery.lost-store.test.ts',
  'src/rooms/turns/turn-job.ts': 'test/rooms/turns/turn-draft.test.ts',
  'src/users/service-messages.ts': 'test/transport/messages.test.ts',
};

const mirrored = source.filter((file) => /^src\/(rooms|cluster|users|feed|delivery)\//.test(file));
const hasOwnTest = (file: string): boolean => {
  const folder = dirname(file).replace(/^src/, 'test');
  const name = basename(file, '.ts');
  return tests.some((one) => dirname(one) === folder && basename(one).startsWith(`${name}.`));
};

describe('tests', () => {
  test('[TREE] every source file has a test of its name, or a line that says which test holds it', () => {
    expect(mirrored.filter((file) => !hasOwnTest(file) && !(file in heldBy))).toEqual([]);
  });

  test('[TREE] no line of the table is stale', () => {
    expect(Object.keys(heldBy).filter((file) => !mirrored.includes(file) || hasOwnTest(file))).toEqual([]);
    expect(Object.values(heldBy).filter((file) => !tests.includes(file))).toEqual([]);
  });

  test('[TREE] a test in these folders begins with the name of a source file', () => {
    const names = new Set(mirrored.map((file) => file.replace(/^src/, 'test').replace(/\.ts$/, '')));
    const strays = tests.filter((file) => {
      const isMirrored = /^test\/(rooms|cluster|users|feed|delivery)\/.*\.(test|contract)\.ts$/.test(file);
      return isMirrored && !names.has(file.replace(/(\/[^/.]+)\..*$/, '$1'));
    });
    expect(strays).toEqual([]);
  });
});

// Recent chat for a member who joins or resumes: no message is missed between the snapshot and the feed.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import { ManualClock, runMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';

let clock: ManualClock;
let engines: Engines;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;

const inRoom = { roomId: 'r1' };
const sendChat = (person: Person, text: string) =>
  person.do('message:send', { ...inRoom, kind: 'chat', body: { text } });
const receivedBy = (person: Person) =>
  person
    .payloadsOf('room:messages')
    .flatMap(({ messages }) => messages.flatMap((message) => (message.kind === 'chat' ? [message.body.text] : [])));
const textsOf = (messages: { body: { text: string } }[]) => messages.map(({ body }) => body.text);
/** Sends one text a second, so that no two of them come in one batch. */
async function sendAll(person: Person, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await sendChat(person, text);
    await clock.advance(1_000);
  }
}
const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

beforeEach(async () => {
  clock = new ManualClock();
  engines = createMemoryEngines(clock);
  seam = interpose(engines);
  here = new RoomNode(seam, clock);
  there = new RoomNode(engines, clock);
  owner = there.connect('owner');
  await owner.do('room:create', { ...inRoom, title: 'A' });
});

async function snapshotOf(person: Person) {
  const answer = await person.do('room:join', inRoom);
  if (!('room' in answer)) throw new Error('no snapshot');
  return answer.room;
}

async function resume(person: Person, messageId?: string) {
  const { epoch, version } = (await engines.store.load('r1' as never)) ?? { epoch: '', version: 0 };
  const answer = await person.do('room:join', {
    ...inRoom,
    resume: { epoch, version, ...(messageId ? { messageId } : {}) },
  });
  if (!('messages' in answer)) throw new Error('a snapshot instead of the gap');
  return answer;
}

describe('with a snapshot', () => {
  test('[MSG-3] come the last 50 chat messages, oldest first, without deleted ones and other kinds', async () => {
    await sendAll(owner, numbers(60));
    const oops = await sendChat(owner, 'oops');
    await owner.do('message:send', { ...inRoom, kind: 'gift', body: {} });
    await owner.do('message:delete', { ...inRoom, messageId: oops.messageId });
    for (const node of [here, there]) {
      const { recentMessages } = await snapshotOf(node.connect('alice'));
      expect(textsOf(recentMessages)).toEqual(numbers(60).slice(-50));
      expect(recentMessages[0]).toMatchObject({ kind: 'chat', from: { userId: 'owner' }, at: expect.any(Number) });
    }
  });

  test('[MSG-3] a message sent while the first snapshot is read is in it, and one deleted meanwhile is not', async () => {
    const before = await sendChat(owner, 'before');
    seam.afterRecent(async () => {
      await sendChat(owner, 'meanwhile');
      await owner.do('message:delete', { ...inRoom, messageId: before.messageId });
      await runMicrotasks();
    });
    const alice = here.connect('alice');
    expect(textsOf((await snapshotOf(alice)).recentMessages)).toEqual(['meanwhile']);
    await sendChat(owner, 'after');
    await runMicrotasks();
    expect(receivedBy(alice)).toEqual(['after']);
  });

  test('[MSG-3] each snapshot has the messages and deletions since the one before', async () => {
    const snapshots: (readonly string[])[] = [];
    const takeSnapshot = async () => snapshots.push(textsOf((await snapshotOf(here.connect('alice'))).recentMessages));
    await takeSnapshot();
    const one = await sendChat(owner, 'one');
    await runMicrotasks();
    await takeSnapshot();
    await sendChat(owner, 'two');
    await runMicrotasks();
    await takeSnapshot();
    await owner.do('message:delete', { ...inRoom, messageId: one.messageId });
    await runMicrotasks();
    await takeSnapshot();
    expect(snapshots).toEqual([[], ['one'], ['one', 'two'], ['two']]);
  });

  test('[MSG-3] a message sent at any step of a join is in the snapshot or follows it', async () => {
    for (const moment of ['beforeSubscribe', 'beforeJoin', 'beforeWelcome', 'afterSample', 'afterRecent'] as const) {
      const node = new RoomNode(seam, clock);
      const text = `at ${moment}`;
      seam[moment](() => sendChat(owner, text));
      const alice = node.connect('alice');
      const { recentMessages } = await snapshotOf(alice);
      await runMicrotasks();
      expect([...textsOf(recentMessages), ...receivedBy(alice)].filter((one) => one === text)).not.toEqual([]);
      await node.close();
    }
  });

  test('[MSG-3][SYNC-8] come recent messages, also with the snapshot of a sync and of a new role', async () => {
    await sendChat(owner, 'hi');
    const alice = await here.join('alice', 'r1');
    const synced = await alice.do('room:sync', { ...inRoom, epoch: 'another', version: 0 });
    expect(synced).toMatchObject({ room: { recentMessages: [{ body: { text: 'hi' } }] } });
    await owner.do('admin:add', { ...inRoom, userId: 'alice' });
    await runMicrotasks();
    expect(alice.payloadsOf('room:snapshot')).toMatchObject([{ room: { recentMessages: [{ body: { text: 'hi' } }] } }]);
  });

  test('[ACK-4] a failed read of recent messages fails the join, and the next join succeeds', async () => {
    seam.afterRecent(() => Promise.reject(new StoreUnavailableError('away')));
    const alice = here.connect('alice');
    expect(await alice.refusal('room:join', inRoom)).toBe('UNAVAILABLE');
    expect((await snapshotOf(alice)).recentMessages).toEqual([]);
  });
});

describe('with a resume', () => {
  test('[ROOM-2] come the messages since the one that is named, and the ids of the deleted ones', async () => {
    const alice = await here.join('alice', 'r1');
    const seen = await sendChat(owner, 'seen');
    const known = await sendChat(owner, 'known');
    await alice.disconnect();
    await sendChat(owner, 'missed 1');
    const oops = await sendChat(owner, 'missed and deleted');
    await sendChat(owner, 'missed 2');
    for (const { messageId } of [seen, oops]) await owner.do('message:delete', { ...inRoom, messageId });
    const answer = await resume(there.connect('alice'), known.messageId);
    expect(textsOf(answer.messages)).toEqual(['missed 1', 'missed 2']);
    expect(answer.deletedMessages).toEqual([seen.messageId, oops.messageId]);
    const after = await resume(here.connect('alice'), oops.messageId);
    expect(textsOf(after.messages)).toEqual(['missed 2']);
  });

  test('[ROOM-2] come all recent messages if the named one is not kept any more, or none is named', async () => {
    await sendChat(owner, 'old');
    const old = (await resume(owner)).messages[0]?.messageId;
    await sendAll(owner, numbers(200));
    const alice = await here.join('alice', 'r1');
    for (const named of [old, undefined, 'never-was']) {
      expect(textsOf((await resume(alice, named)).messages)).toEqual(numbers(200).slice(-50));
    }
    const first = (await engines.messages.recent('r1' as never))[0]?.messageId;
    expect((await resume(alice, first)).messages).toHaveLength(199);
  });
});

describe('after an interruption of the feed', () => {
  test('[MSG-3] members get missed messages before new ones, and deletions; nothing comes twice', async () => {
    const alice = await here.join('alice', 'r1');
    const known = await sendChat(owner, 'known');
    await runMicrotasks();
    seam.loseNews(2);
    await sendChat(owner, 'missed');
    await owner.do('message:delete', { ...inRoom, messageId: known.messageId });
    await runMicrotasks();
    seam.afterRecent(async () => {
      await sendChat(owner, 'new');
      await runMicrotasks();
    });
    seam.interruptFeed();
    await expect.poll(() => receivedBy(alice)).toEqual(['known', 'missed', 'new']);
    expect(alice.payloadsOf('message:deleted')).toEqual([{ ...inRoom, messageId: known.messageId, by: 'owner' }]);
    seam.interruptFeed();
    await runMicrotasks();
    expect(receivedBy(alice)).toEqual(['known', 'missed', 'new']);
    expect(textsOf((await snapshotOf(here.connect('carol'))).recentMessages)).toEqual(['missed', 'new']);
  });

  test('[MSG-3] a failed read is tried again, and messages that come meanwhile wait behind it', async () => {
    const alice = await here.join('alice', 'r1');
    seam.loseNews(1);
    await sendChat(owner, 'missed');
    await runMicrotasks();
    seam.afterRecent(() => Promise.reject(new OutcomeUnknownError('no reply')));
    seam.interruptFeed();
    await runMicrotasks();
    await sendChat(owner, 'new');
    await runMicrotasks();
    expect(receivedBy(alice)).toEqual([]);
    await clock.advance(1_000);
    expect(receivedBy(alice)).toEqual(['missed', 'new']);
  });
});

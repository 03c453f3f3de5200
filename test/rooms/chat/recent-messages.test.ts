// Recent chat for whoever comes or comes back: nothing is missed between what he is shown and what he hears.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryEngines, type Engines } from '../../../src/engines.ts';
import { OutcomeUnknownError, StoreUnavailableError } from '../../../src/store/store-errors.ts';
import { type Interposed, interpose } from '../../support/interposed.ts';
import { ManualClock, settleMicrotasks } from '../../support/manual-clock.ts';
import { type Person, RoomNode } from '../../support/room-node.ts';

let clock: ManualClock;
let engines: Engines;
let seam: Interposed;
let here: RoomNode;
let there: RoomNode;
let owner: Person;

const inRoom = { roomId: 'r1' };
const say = (person: Person, text: string) => person.do('message:send', { ...inRoom, kind: 'chat', body: { text } });
const heardBy = (person: Person) =>
  person
    .heardOf('room:messages')
    .flatMap(({ messages }) => messages.flatMap((message) => (message.kind === 'chat' ? [message.body.text] : [])));
const textsOf = (messages: { body: { text: string } }[]) => messages.map(({ body }) => body.text);
/** One after the other, a second apart, so that nothing is gathered. */
async function sayAll(person: Person, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await say(person, text);
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
  test('[MSG-3] the last 50 chat messages come, oldest first, without deleted ones and other kinds', async () => {
    await sayAll(owner, numbers(60));
    const oops = await say(owner, 'oops');
    await owner.do('message:send', { ...inRoom, kind: 'gift', body: {} });
    await owner.do('message:delete', { ...inRoom, messageId: oops.messageId });
    for (const node of [here, there]) {
      const { recentMessages } = await snapshotOf(node.connect('alice'));
      expect(textsOf(recentMessages)).toEqual(numbers(60).slice(-50));
      expect(recentMessages[0]).toMatchObject({ kind: 'chat', from: { userId: 'owner' }, at: expect.any(Number) });
    }
  });

  test('[MSG-3] what is said and deleted while the first snapshot is read is neither missed nor shown', async () => {
    const before = await say(owner, 'before');
    seam.afterRecent(async () => {
      await say(owner, 'meanwhile');
      await owner.do('message:delete', { ...inRoom, messageId: before.messageId });
      await settleMicrotasks();
    });
    const alice = here.connect('alice');
    expect(textsOf((await snapshotOf(alice)).recentMessages)).toEqual(['meanwhile']);
    await say(owner, 'after');
    await settleMicrotasks();
    expect(heardBy(alice)).toEqual(['after']);
  });

  test('[MSG-3] of snapshots one after the other each has what was said, or deleted, since the one before', async () => {
    const shown: (readonly string[])[] = [];
    const look = async () => shown.push(textsOf((await snapshotOf(here.connect('alice'))).recentMessages));
    await look();
    const one = await say(owner, 'one');
    await settleMicrotasks();
    await look();
    await say(owner, 'two');
    await settleMicrotasks();
    await look();
    await owner.do('message:delete', { ...inRoom, messageId: one.messageId });
    await settleMicrotasks();
    await look();
    expect(shown).toEqual([[], ['one'], ['one', 'two'], ['two']]);
  });

  test('[MSG-3] whenever a message is said while somebody joins, he is shown it or hears it', async () => {
    for (const moment of ['beforeSubscribe', 'beforeJoin', 'beforeWelcome', 'afterSample', 'afterRecent'] as const) {
      const node = new RoomNode(seam, clock);
      const text = `at ${moment}`;
      seam[moment](() => say(owner, text));
      const alice = node.connect('alice');
      const { recentMessages } = await snapshotOf(alice);
      await settleMicrotasks();
      expect([...textsOf(recentMessages), ...heardBy(alice)].filter((one) => one === text)).not.toEqual([]);
      await node.close();
    }
  });

  test('[MSG-3][SYNC-8] every snapshot brings them, that of a sync and that of a new role too', async () => {
    await say(owner, 'hi');
    const alice = await here.join('alice', 'r1');
    const synced = await alice.do('room:sync', { ...inRoom, epoch: 'another', version: 0 });
    expect(synced).toMatchObject({ room: { recentMessages: [{ body: { text: 'hi' } }] } });
    await owner.do('admin:add', { ...inRoom, userId: 'alice' });
    await settleMicrotasks();
    expect(alice.heardOf('room:snapshot')).toMatchObject([{ room: { recentMessages: [{ body: { text: 'hi' } }] } }]);
  });

  test('[ACK-4] a store that does not tell them refuses the join, and the next one succeeds', async () => {
    seam.afterRecent(() => Promise.reject(new StoreUnavailableError('away')));
    const alice = here.connect('alice');
    expect(await alice.refusal('room:join', inRoom)).toBe('UNAVAILABLE');
    expect((await snapshotOf(alice)).recentMessages).toEqual([]);
  });
});

describe('with a resume', () => {
  test('[ROOM-2] brings what was said since the message named, and which ones were deleted', async () => {
    const alice = await here.join('alice', 'r1');
    const seen = await say(owner, 'seen');
    const known = await say(owner, 'known');
    await alice.disconnect();
    await say(owner, 'missed 1');
    const oops = await say(owner, 'missed and deleted');
    await say(owner, 'missed 2');
    for (const { messageId } of [seen, oops]) await owner.do('message:delete', { ...inRoom, messageId });
    const answer = await resume(there.connect('alice'), known.messageId);
    expect(textsOf(answer.messages)).toEqual(['missed 1', 'missed 2']);
    expect(answer.deletedMessages).toEqual([seen.messageId, oops.messageId]);
    const after = await resume(here.connect('alice'), oops.messageId);
    expect(textsOf(after.messages)).toEqual(['missed 2']);
  });

  test('[ROOM-2] brings all recent ones when the message is not known any more, or none was', async () => {
    await say(owner, 'old');
    const old = (await resume(owner)).messages[0]?.messageId;
    await sayAll(owner, numbers(200));
    const alice = await here.join('alice', 'r1');
    for (const named of [old, undefined, 'never-was']) {
      expect(textsOf((await resume(alice, named)).messages)).toEqual(numbers(200).slice(-50));
    }
    const first = (await engines.messages.recent('r1' as never))[0]?.messageId;
    expect((await resume(alice, first)).messages).toHaveLength(199);
  });
});

describe('after an interruption of the feed', () => {
  test('[MSG-3] members hear what they missed before what is new, and of deletions; nothing comes twice', async () => {
    const alice = await here.join('alice', 'r1');
    const known = await say(owner, 'known');
    await settleMicrotasks();
    seam.loseNews(2);
    await say(owner, 'missed');
    await owner.do('message:delete', { ...inRoom, messageId: known.messageId });
    await settleMicrotasks();
    seam.afterRecent(async () => {
      await say(owner, 'new');
      await settleMicrotasks();
    });
    seam.interruptFeed();
    await expect.poll(() => heardBy(alice)).toEqual(['known', 'missed', 'new']);
    expect(alice.heardOf('message:deleted')).toEqual([{ ...inRoom, messageId: known.messageId, by: 'owner' }]);
    seam.interruptFeed();
    await settleMicrotasks();
    expect(heardBy(alice)).toEqual(['known', 'missed', 'new']);
    expect(textsOf((await snapshotOf(here.connect('carol'))).recentMessages)).toEqual(['missed', 'new']);
  });

  test('[MSG-3] a read that fails is tried again, and what is heard meanwhile waits its turn', async () => {
    const alice = await here.join('alice', 'r1');
    seam.loseNews(1);
    await say(owner, 'missed');
    await settleMicrotasks();
    seam.afterRecent(() => Promise.reject(new OutcomeUnknownError('no reply')));
    seam.interruptFeed();
    await settleMicrotasks();
    await say(owner, 'new');
    await settleMicrotasks();
    expect(heardBy(alice)).toEqual([]);
    await clock.advance(1_000);
    expect(heardBy(alice)).toEqual(['missed', 'new']);
  });
});

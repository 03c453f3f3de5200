// Engines with a seam: a test can make something happen, or fail, between a decision and its commit.
import type { Engines } from '../../src/engines.ts';
import type { RoomFeed, RoomListener } from '../../src/feed/room-feed.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import type { PresenceStore } from '../../src/store/presence-store.ts';
import type { Commit, CommitResult, RoomStore } from '../../src/store/room-store.ts';
import type { SanctionStore } from '../../src/store/sanction-store.ts';

type CommitStep = (commit: Commit, carryOut: (commit: Commit) => Promise<CommitResult>) => Promise<CommitResult>;

export interface Interposed extends Engines {
  /** The next commit goes through this step instead; several steps serve several commits. */
  nextCommit(step: CommitStep): void;
  /** Happens just before the next commit takes place. */
  beforeCommit(task: () => Promise<unknown>): void;
  /** Happens just before the next join reaches the store. */
  beforeJoin(task: () => Promise<unknown>): void;
  /** Happens just before the next leave reaches the store. */
  beforeLeave(task: () => Promise<unknown>): void;
  /** Happens after a join reached the store, just before its member is registered here. */
  beforeWelcome(task: () => Promise<unknown>): void;
  /** Happens while the store's next sample of an audience is on its way back. */
  afterSample(task: () => Promise<unknown>): void;
  /** Happens while the store's next number of members is on its way back. */
  afterCount(task: () => Promise<unknown>): void;
  /** Happens while the store's next answer about recent messages is on its way back. */
  afterRecent(task: () => Promise<unknown>): void;
  /** Happens just before the next batch of messages reaches the store. */
  beforeWrite(task: () => Promise<unknown>): void;
  /** Happens after bans and silences were read, before the result is used. */
  afterSanctions(task: () => Promise<unknown>): void;
  /** Happens after members were read, before the result is used. */
  afterFind(task: () => Promise<unknown>): void;
  /** Happens just before the next subscription takes effect. */
  beforeSubscribe(task: () => Promise<unknown>): void;
  /** The next `count` news that reach this node are lost. */
  loseNews(count: number): void;
  /** News that reaches this node, and is not lost, waits until the returned function is called. */
  holdNews(): () => void;
  /** The link was interrupted and is back: every listener gets a possible gap. */
  interruptFeed(): void;
}

export function interpose(engines: Engines): Interposed {
  const steps: CommitStep[] = [];
  const joinTasks: (() => Promise<unknown>)[] = [];
  const leaveTasks: (() => Promise<unknown>)[] = [];
  const welcomeTasks: (() => Promise<unknown>)[] = [];
  const sampledTasks: (() => Promise<unknown>)[] = [];
  const countedTasks: (() => Promise<unknown>)[] = [];
  const sanctionTasks: (() => Promise<unknown>)[] = [];
  const foundTasks: (() => Promise<unknown>)[] = [];
  const subscribeTasks: (() => Promise<unknown>)[] = [];
  const recentTasks: (() => Promise<unknown>)[] = [];
  const sayTasks: (() => Promise<unknown>)[] = [];
  const { store, presence, sanctions, messages, feed } = engines;
  const seamed: RoomStore = {
    now: () => store.now(),
    create: (room, creation) => store.create(room, creation),
    load: (roomId) => store.load(roomId),
    since: (roomId, position) => store.since(roomId, position),
    keep: (roomId) => store.keep(roomId),
    recall: (roomId, key) => store.recall(roomId, key),
    commit: (commit) => {
      const carryOut = (one: Commit) => store.commit(one);
      return steps.shift()?.(commit, carryOut) ?? carryOut(commit);
    },
  };
  const seamedPresence: PresenceStore = {
    leave: async (roomId, session) => {
      await leaveTasks.shift()?.();
      return presence.leave(roomId, session);
    },
    find: async (roomId, userIds) => {
      const found = await presence.find(roomId, userIds);
      await foundTasks.shift()?.();
      return found;
    },
    count: async (roomId) => {
      const count = await presence.count(roomId);
      await countedTasks.shift()?.();
      return count;
    },
    page: (roomId, query) => presence.page(roomId, query),
    sample: async (roomId, limit) => {
      const sample = await presence.sample(roomId, limit);
      await sampledTasks.shift()?.();
      return sample;
    },
    join: async (roomId, joining) => {
      await joinTasks.shift()?.();
      const result = await presence.join(roomId, joining);
      await welcomeTasks.shift()?.();
      return result;
    },
  };
  const seamedMessages: MessageStore = {
    delete: (roomId, deletion) => messages.delete(roomId, deletion),
    signal: (roomId, signal) => messages.signal(roomId, signal),
    write: async (roomId, sayings, cap) => {
      await sayTasks.shift()?.();
      return messages.write(roomId, sayings, cap);
    },
    recent: async (roomId) => {
      const recent = await messages.recent(roomId);
      await recentTasks.shift()?.();
      return recent;
    },
  };
  const listeners = new Set<RoomListener>();
  const seamedSanctions: SanctionStore = {
    find: async (roomId, userIds) => {
      const found = await sanctions.find(roomId, userIds);
      await sanctionTasks.shift()?.();
      return found;
    },
    bans: (roomId, page) => sanctions.bans(roomId, page),
    all: (roomId) => sanctions.all(roomId),
  };
  let toLose = 0;
  let delayed: (() => void)[] | null = null;
  const seamedFeed: RoomFeed = {
    subscribe: async (roomId, listener) => {
      await subscribeTasks.shift()?.();
      listeners.add(listener);
      return feed.subscribe(roomId, {
        onPossibleGap: () => listener.onPossibleGap(),
        onNews: (news) => {
          if (toLose > 0) toLose--;
          else if (delayed) delayed.push(() => listener.onNews(news));
          else listener.onNews(news);
        },
      });
    },
  };
  return {
    ...engines,
    store: seamed,
    presence: seamedPresence,
    messages: seamedMessages,
    sanctions: seamedSanctions,
    feed: seamedFeed,
    nextCommit: (step) => steps.push(step),
    beforeCommit: (task) =>
      steps.push(async (commit, carryOut) => {
        await task();
        return carryOut(commit);
      }),
    beforeJoin: (task) => joinTasks.push(task),
    beforeLeave: (task) => leaveTasks.push(task),
    beforeWelcome: (task) => welcomeTasks.push(task),
    afterSample: (task) => sampledTasks.push(task),
    afterCount: (task) => countedTasks.push(task),
    afterRecent: (task) => recentTasks.push(task),
    beforeWrite: (task) => sayTasks.push(task),
    interruptFeed: () => {
      for (const listener of listeners) listener.onPossibleGap();
    },
    afterFind: (task) => foundTasks.push(task),
    afterSanctions: (task) => sanctionTasks.push(task),
    beforeSubscribe: (task) => subscribeTasks.push(task),
    loseNews: (count) => {
      toLose = count;
    },
    holdNews: () => {
      const late: (() => void)[] = [];
      delayed = late;
      return () => {
        delayed = null;
        for (const arrive of late) arrive();
      };
    },
  };
}

// Stores with one broken promise each, to see whether the simulation notices.
import type { MemoryEngines } from '../../src/engines.ts';
import type { PresenceStore } from '../../src/store/presence-store.ts';
import type { Commit, CommitResult, RoomStore } from '../../src/store/room-store.ts';

type Sabotage = (engines: MemoryEngines) => MemoryEngines;

const withCommit =
  (commit: (store: RoomStore, commit: Commit) => Promise<CommitResult>): Sabotage =>
  (engines) => {
    const { store } = engines;
    const broken = Object.assign(Object.create(store), bound(store), { commit: (one: Commit) => commit(store, one) });
    return { ...engines, store: broken };
  };

/** The methods of a store work on the store itself, whatever they are called on. */
function bound<Store extends object>(store: Store): Partial<Store> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)) as (keyof Store & string)[];
  const methods = names.filter((name) => name !== 'constructor' && typeof store[name] === 'function');
  return Object.fromEntries(
    methods.map((name) => [name, (store[name] as (...args: unknown[]) => unknown).bind(store)]),
  ) as Partial<Store>;
}

/** A commit need not be decided on the current room: its base is replaced by the newest room without a check. */
const withoutVersions = withCommit(async (store, commit) => {
  const room = await store.load(commit.before.state.roomId);
  return store.commit(room ? { ...commit, before: room } : commit);
});

/** The actor's session need not be the current one. */
const withoutGuards = withCommit((store, commit) =>
  store.commit({ ...commit, guards: [], endedSessions: [], removals: [] }),
);

/** A retry counts as another command. */
const withoutMemory = withCommit((store, commit) => store.commit({ ...commit, commandKeys: [] }));

/** Any session may be ended under any fence. */
const withoutFences: Sabotage = (engines) => {
  const { presence } = engines;
  const leave: PresenceStore['leave'] = async (roomId, { userId }) => {
    const fence = (await presence.find(roomId, [userId])).get(userId)?.fence;
    return fence === undefined ? 'absent' : presence.leave(roomId, { userId, fence });
  };
  const broken = Object.assign(Object.create(presence), bound(presence), { leave });
  return { ...engines, presence: broken };
};

/** By the promise that is broken. */
export const brokenStores: Readonly<Record<string, Sabotage>> = {
  'the version of a commit is not checked': withoutVersions,
  'fences of a commit are not guarded': withoutGuards,
  'a retry is carried out again': withoutMemory,
  'an old session ends the new one': withoutFences,
};

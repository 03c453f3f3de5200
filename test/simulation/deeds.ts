// Every commit that the store carried out, whether or not any client learned of it.
import type { MemoryEngines } from '../../src/engines.ts';
import { type Commit, type CommitChange, commandName } from '../../src/store/room-store.ts';

export interface Deed extends CommitChange {
  readonly answers: Commit['answers'];
}

export class Deeds {
  /** In the order in which they were carried out. */
  readonly all: Deed[] = [];

  /** The same engines, observed. */
  watch(engines: MemoryEngines): MemoryEngines {
    const { store } = engines;
    const watched = new Proxy(store, {
      get: (target, name) => {
        if (name === 'commit') return (commit: Commit) => this.#commit(target, commit);
        const own = Reflect.get(target, name, target) as unknown;
        return typeof own === 'function' ? own.bind(target) : own;
      },
    });
    return { ...engines, store: watched };
  }

  async #commit(store: MemoryEngines['store'], commit: Commit) {
    const result = await store.commit(commit);
    if (result.status === 'committed' && commit.change) this.all.push({ ...commit.change, answers: commit.answers });
    return result;
  }

  /** The commits that each command led to, by `userId:commandId`. */
  byCommand(): Map<string, Deed[]> {
    const found = new Map<string, Deed[]>();
    for (const deed of this.all) {
      for (const answer of deed.answers) {
        const name = commandName(answer);
        found.set(name, [...(found.get(name) ?? []), deed]);
      }
    }
    return found;
  }
}

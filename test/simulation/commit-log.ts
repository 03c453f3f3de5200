// Every commit that the store carried out, whether or not any client learned of it.
import type { MemoryEngines } from '../../src/engines.ts';
import { type Commit, type CommitChange, commandName } from '../../src/store/room-store.ts';

export interface LoggedCommit extends CommitChange {
  readonly answers: Commit['answers'];
}

export class CommitLog {
  /** In the order in which they were carried out. */
  readonly all: LoggedCommit[] = [];

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
  byCommand(): Map<string, LoggedCommit[]> {
    const found = new Map<string, LoggedCommit[]>();
    for (const logged of this.all) {
      for (const answer of logged.answers) {
        const name = commandName(answer);
        found.set(name, [...(found.get(name) ?? []), logged]);
      }
    }
    return found;
  }
}

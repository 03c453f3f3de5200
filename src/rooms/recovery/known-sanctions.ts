// The bans and silences of a room as this node knows them: read once, then kept true by commits. They are offered when
// the store has lost them (SYNC-4); no user is judged by them.
import type { StageEvent } from '../../domain/stage-event.ts';
import { sanctionsBy } from '../../store/sanction-changes.ts';
import type { RoomSanctions, Sanction, SanctionList } from '../../store/sanction-store.ts';

export class KnownSanctions {
  #lists: Record<SanctionList, Map<string, Sanction>> = { bans: new Map(), silences: new Map() };
  #isKnown = false;
  /** Events since the read in flight began; null: none is in flight. */
  #meanwhile: StageEvent[] | null = null;

  /** Reads both lists. Events during the read may be newer than its answer. Rejects as `ask` does. */
  async read(ask: () => Promise<RoomSanctions>): Promise<void> {
    const meanwhile: StageEvent[] = [];
    this.#meanwhile = meanwhile;
    const { bans, silences } = await ask();
    if (this.#meanwhile !== meanwhile) return;
    this.#meanwhile = null;
    this.#isKnown = true;
    this.#lists = { bans: byUser(bans), silences: byUser(silences) };
    this.onEvents(meanwhile);
  }

  onEvents(events: readonly StageEvent[]): void {
    this.#meanwhile?.push(...events);
    for (const change of events.flatMap(sanctionsBy)) {
      const list = this.#lists[change.list];
      if ('imposed' in change) list.set(change.imposed.userId, change.imposed);
      else list.delete(change.lifted);
    }
  }

  /** Null until they have been read once. */
  get all(): RoomSanctions | null {
    if (!this.#isKnown) return null;
    const { bans, silences } = this.#lists;
    return { bans: [...bans.values()], silences: [...silences.values()] };
  }
}

const byUser = (sanctions: readonly Sanction[]) =>
  new Map(sanctions.map((sanction) => [sanction.userId as string, sanction]));

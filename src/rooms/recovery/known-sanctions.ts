// The bans and silences of a room as this node knows them: read once, then kept true by its commits. For the day on which
// the store has lost them (SYNC-4); nobody is judged by them.
import type { StageEvent } from '../../domain/stage-event.ts';
import { sanctionsBy } from '../../store/sanction-changes.ts';
import type { RoomSanctions, Sanction } from '../../store/sanction-store.ts';

export class KnownSanctions {
  readonly #bans = new Map<string, Sanction>();
  readonly #silences = new Map<string, Sanction>();
  #isKnown = false;
  /** While the store is asked: what was heard meanwhile. */
  #heard: StageEvent[] | null = null;

  /** Asks the store; what is heard while its answer is on the way may be newer than that. Rejects as the asking does. */
  async read(ask: () => Promise<RoomSanctions>): Promise<void> {
    const heard: StageEvent[] = [];
    this.#heard = heard;
    const { bans, silences } = await ask();
    if (this.#heard !== heard) return;
    this.#heard = null;
    this.#isKnown = true;
    this.#bans.clear();
    this.#silences.clear();
    for (const ban of bans) this.#bans.set(ban.userId, ban);
    for (const silence of silences) this.#silences.set(silence.userId, silence);
    this.onEvents(heard);
  }

  onEvents(events: readonly StageEvent[]): void {
    this.#heard?.push(...events);
    for (const change of events.flatMap(sanctionsBy)) {
      const list = change.list === 'bans' ? this.#bans : this.#silences;
      if ('imposed' in change) list.set(change.imposed.userId, change.imposed);
      else list.delete(change.lifted);
    }
  }

  /** Null until they have been read once. */
  get all(): RoomSanctions | null {
    if (!this.#isKnown) return null;
    return { bans: [...this.#bans.values()], silences: [...this.#silences.values()] };
  }
}

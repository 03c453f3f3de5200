// Facts of a turn beside the stage: the members and the sanctions, kept true from command to command.
import type { Sanctions, TargetMember } from '../../domain/decision.ts';
import type { StageEvent } from '../../domain/stage-event.ts';
import type { UserId } from '../../protocol/ids.ts';
import type { MemberRecord } from '../../store/presence-store.ts';
import { sanctionsBy } from '../../store/sanction-changes.ts';
import type { SanctionChange, SanctionList, SanctionsFound } from '../../store/sanction-store.ts';

interface Read {
  readonly now: number;
  readonly targets: ReadonlyMap<string, MemberRecord>;
  readonly sanctions: SanctionsFound;
}

export class TurnFacts {
  readonly now: number;
  readonly #targets: ReadonlyMap<string, MemberRecord>;
  /**
   * Users whose session ended earlier in this turn; the membership of dropped ones goes on in a grace. The guards of
   * the commit look at the room before the turn.
   */
  readonly #ended = new Map<string, 'left' | 'dropped'>();
  readonly #banned: Set<UserId>;
  readonly #silenced: Set<UserId>;
  readonly #count: Record<SanctionList, number>;

  constructor({ now, targets, sanctions }: Read) {
    this.now = now;
    this.#targets = targets;
    this.#banned = new Set(sanctions.banned);
    this.#silenced = new Set(sanctions.silenced);
    this.#count = { bans: sanctions.bans, silences: sanctions.silences };
  }

  /** Whether that user's session has ended in this turn. */
  isOver(userId: UserId): boolean {
    return this.#ended.has(userId);
  }

  /** Whether that user's membership has ended in this turn. */
  hasLeft(userId: UserId): boolean {
    return this.#ended.get(userId) === 'left';
  }

  /** Whether that user's grace has begun in this turn. */
  hasDropped(userId: UserId | null): boolean {
    return userId !== null && this.#ended.get(userId) === 'dropped';
  }

  member(userId: UserId): TargetMember | null {
    return this.isOver(userId) ? null : (this.#targets.get(userId) ?? null);
  }

  sanctionsOf(userId: UserId | null): Sanctions {
    return {
      isBanned: userId !== null && this.#banned.has(userId),
      isSilenced: userId !== null && this.#silenced.has(userId),
      ...this.#count,
    };
  }

  onEvents(events: readonly StageEvent[]): void {
    for (const event of events) {
      if (event.type === 'member.left') this.#ended.set(event.userId, 'left');
      if (event.type === 'member.away') this.#ended.set(event.userId, 'dropped');
      for (const change of sanctionsBy(event)) this.#note(change);
    }
  }

  #note(change: SanctionChange): void {
    const users = change.list === 'bans' ? this.#banned : this.#silenced;
    const before = users.size;
    if ('lifted' in change) users.delete(change.lifted);
    else users.add(change.imposed.userId);
    this.#count[change.list] += users.size - before;
  }
}

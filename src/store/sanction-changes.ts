// What the events of a commit change in the lists of bans and silences, which are kept beside the stage. Pure.
import type { StageEvent } from '../domain/stage-event.ts';
import type { UserId } from '../protocol/ids.ts';
import type { Sanction, SanctionChange } from './sanction-store.ts';

/** The bans and silences that an event imposes or lifts. */
export function sanctionsBy(event: StageEvent): SanctionChange[] {
  switch (event.type) {
    case 'member.kicked':
      return event.until === undefined ? [] : [{ list: 'bans', imposed: toSanction(event, event.until) }];
    case 'member.banned':
      return [{ list: 'bans', imposed: toSanction(event, event.until ?? null) }];
    case 'member.unbanned':
      return [{ list: 'bans', lifted: event.userId }];
    case 'member.silenced':
      return [{ list: 'silences', imposed: toSanction(event, event.until) }];
    case 'member.unsilenced':
      return [{ list: 'silences', lifted: event.userId }];
    default:
      return [];
  }
}

const toSanction = (
  { userId, by, at }: { readonly userId: UserId; readonly by: string; readonly at: number },
  until: number | null,
): Sanction => ({ userId, by, at, until });

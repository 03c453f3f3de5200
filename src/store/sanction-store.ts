// Contract: who is banned from a room and who is silenced in it (PRES-6). Written by stage commits only; read here.
// Must not know who may sanction whom.
//
// [B1] A ban keeps its user out from the commit on that made it: joins look at it in the same step (presence-store).
// [B2] Whether a sanction is in force is judged by the store's time; one whose time is over counts as none.
import type { RoomId, UserId } from '../protocol/ids.ts';

/** Something in force against one user of one room. `until` in store time; null: until it is lifted. */
export interface Sanction {
  readonly userId: UserId;
  readonly by: string;
  readonly at: number;
  readonly until: number | null;
}

export type SanctionList = 'bans' | 'silences';

/** What a commit does to one of the lists. */
export type SanctionChange =
  | { readonly list: SanctionList; readonly imposed: Sanction }
  | { readonly list: SanctionList; readonly lifted: UserId };

export interface SanctionsFound {
  /** Of the users asked for. */
  readonly banned: ReadonlySet<UserId>;
  readonly silenced: ReadonlySet<UserId>;
  /**
   * How many the room has of each. Some whose time is over may be counted, but never so that a list looks full which is
   * not (domain limits.sanctions).
   */
  readonly bans: number;
  readonly silences: number;
}

/** All that is in force in a room. */
export interface RoomSanctions {
  readonly bans: readonly Sanction[];
  readonly silences: readonly Sanction[];
}

export interface BanPage {
  readonly bans: readonly Sanction[];
  /** The last user of the page; null when nobody follows. */
  readonly cursor: UserId | null;
}

/** All methods throw StoreUnavailableError when the store does not answer. A room that is not there has no sanctions. */
export interface SanctionStore {
  find(roomId: RoomId, userIds: readonly UserId[]): Promise<SanctionsFound>;
  /** The bans in force, by userId; `cursor` is that of the page before. */
  bans(roomId: RoomId, page: { readonly cursor: UserId | null; readonly limit: number }): Promise<BanPage>;
  /** All that is in force; throws UnsettledError where the room must be settled first. */
  all(roomId: RoomId): Promise<RoomSanctions>;
}

/** A page of a list that is known whole. */
export function pageOfBans(
  all: readonly Sanction[],
  { cursor, limit }: { readonly cursor: UserId | null; readonly limit: number },
): BanPage {
  const following = all
    .filter(({ userId }) => cursor === null || userId > cursor)
    .sort((a, b) => (a.userId < b.userId ? -1 : 1));
  const bans = following.slice(0, limit);
  return { bans, cursor: following.length > limit ? (bans.at(-1)?.userId ?? null) : null };
}

/** Whether it has not run out by `now`, store time; null never does. */
export const isInForce = ({ until }: Pick<Sanction, 'until'>, now: number): boolean => until === null || until > now;

// Contract: the bans and silences of a room (PRES-6). Only stage commits write them; they are read here.
//
// [B1] A ban keeps its user out from its commit on: a join checks bans in the same step (presence-store).
// [B2] The store's time decides whether a sanction is in force. An expired sanction counts as none.
import type { RoomId, UserId } from '../protocol/ids.ts';

/** A ban or a silence of one user in one room. `until` in store time; null: until it is lifted. */
export interface Sanction {
  readonly userId: UserId;
  readonly by: string;
  readonly at: number;
  readonly until: number | null;
}

export type SanctionList = 'bans' | 'silences';

/** A change that a commit makes to one of the lists. */
export type SanctionChange =
  | { readonly list: SanctionList; readonly imposed: Sanction }
  | { readonly list: SanctionList; readonly lifted: UserId };

export interface SanctionsFound {
  /** The users among those asked for that are banned. */
  readonly banned: ReadonlySet<UserId>;
  readonly silenced: ReadonlySet<UserId>;
  /**
   * How many of each the room has. Expired ones may be counted, but never so that a list looks full which is not
   * (domain limits.sanctions).
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
  /** The last user of the page; null after the last page. */
  readonly cursor: UserId | null;
}

/** All methods throw StoreUnavailableError when the store does not answer. A missing room has no sanctions. */
export interface SanctionStore {
  find(roomId: RoomId, userIds: readonly UserId[]): Promise<SanctionsFound>;
  /** The bans in force, by userId; `cursor` is that of the page before. */
  bans(roomId: RoomId, page: { readonly cursor: UserId | null; readonly limit: number }): Promise<BanPage>;
  /** All that is in force. Throws RecoveryRequiredError when the room must be recovered first. */
  all(roomId: RoomId): Promise<RoomSanctions>;
}

/** One page of the complete list `all`. */
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

/** Whether the sanction has not expired by `now`, store time. `until` null never expires. */
export const isInForce = ({ until }: Pick<Sanction, 'until'>, now: number): boolean => until === null || until > now;

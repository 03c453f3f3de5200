// Memory engine of the sanctions, on the tables of the room store.
import { limits } from '../../domain/room.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import {
  type BanPage,
  isInForce,
  pageOfBans,
  type RoomSanctions,
  type SanctionStore,
  type SanctionsFound,
} from '../sanction-store.ts';
import type { MemoryTables } from './tables-memory.ts';

export class MemorySanctionStore implements SanctionStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async find(roomId: RoomId, userIds: readonly UserId[]): Promise<SanctionsFound> {
    const table = this.#tables.get(roomId);
    const now = this.#tables.clock.now();
    const among = (list: 'bans' | 'silences') =>
      new Set(
        userIds.filter((userId) => {
          const sanction = table?.[list].get(userId);
          return sanction !== undefined && isInForce(sanction, now);
        }),
      );
    const count = (list: 'bans' | 'silences') => {
      const stored = [...(table?.[list].values() ?? [])];
      return stored.length < limits.sanctions ? stored.length : stored.filter((one) => isInForce(one, now)).length;
    };
    return { banned: among('bans'), silenced: among('silences'), bans: count('bans'), silences: count('silences') };
  }

  async bans(roomId: RoomId, page: { readonly cursor: UserId | null; readonly limit: number }): Promise<BanPage> {
    const now = this.#tables.clock.now();
    const all = [...(this.#tables.get(roomId)?.bans.values() ?? [])];
    return pageOfBans(
      all.filter((ban) => isInForce(ban, now)),
      page,
    );
  }

  async all(roomId: RoomId): Promise<RoomSanctions> {
    const now = this.#tables.clock.now();
    const table = this.#tables.usable(roomId);
    const inForce = (list: 'bans' | 'silences') =>
      [...(table?.[list].values() ?? [])].filter((one) => isInForce(one, now));
    return { bans: inForce('bans'), silences: inForce('silences') };
  }
}

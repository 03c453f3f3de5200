// Memory engine of the sanctions, on the tables of the room store.
import { limits } from '../../domain/room.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { isInForce, pageOfBans, type Sanction, type SanctionList, type SanctionStore } from '../sanction-store.ts';
import type { MemoryTables, RoomTable } from './tables-memory.ts';

export function memorySanctionStore(tables: MemoryTables): SanctionStore {
  const inForce = (table: RoomTable | null, list: SanctionList): Sanction[] => {
    const now = tables.clock.now();
    return [...(table?.[list].values() ?? [])].filter((one) => isInForce(one, now));
  };
  const count = (roomId: RoomId, list: SanctionList): number => {
    const table = tables.get(roomId);
    const stored = table?.[list].size ?? 0;
    return stored < limits.sanctions ? stored : inForce(table, list).length;
  };
  return {
    async find(roomId, userIds) {
      const table = tables.get(roomId);
      const now = tables.clock.now();
      const among = (list: SanctionList) =>
        new Set(
          userIds.filter((userId) => {
            const sanction = table?.[list].get(userId);
            return sanction !== undefined && isInForce(sanction, now);
          }),
        );
      return {
        banned: among('bans'),
        silenced: among('silences'),
        bans: count(roomId, 'bans'),
        silences: count(roomId, 'silences'),
      };
    },

    async bans(roomId, page) {
      return pageOfBans(inForce(tables.get(roomId), 'bans'), page);
    },

    async all(roomId) {
      const table = tables.usable(roomId);
      return { bans: inForce(table, 'bans'), silences: inForce(table, 'silences') };
    },
  };
}

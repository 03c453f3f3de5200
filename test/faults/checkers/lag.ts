// How long after the first client each other client in the room learned of a version. A silent feed shows here.
import type { History } from '../history.ts';

export interface Lag {
  readonly client: string;
  readonly version: number;
  /** Milliseconds; Infinity: the client stayed to the end and never learned of it. */
  readonly ms: number;
}

interface Reader {
  epoch: string;
  version: number;
  isInside: boolean;
  /** Versions that other clients know already, and since when. */
  readonly owed: { readonly version: number; readonly since: number }[];
}

/** The longest lag of each client. */
export function lagsIn(history: History, { from = 0 } = {}): Lag[] {
  const first = new Map<string, number>();
  const readers = new Map<string, Reader>();
  const worst = new Map<string, Lag>();
  const note = (client: string, { version, ms }: { readonly version: number; readonly ms: number }) => {
    if (ms > (worst.get(client)?.ms ?? -1)) worst.set(client, { client, version, ms });
  };
  const byRoom = new Map<string, Map<string, Reader>>();
  for (const entry of history) {
    const roomId = entry.kind === 'snapshot' ? entry.room.roomId : 'roomId' in entry ? entry.roomId : null;
    if (roomId === null) continue;
    const key = `${entry.client} ${roomId}`;
    const reader = readers.get(key) ?? { epoch: '', version: 0, isInside: false, owed: [] };
    readers.set(key, reader);
    const room = byRoom.get(roomId) ?? new Map<string, Reader>();
    byRoom.set(roomId, room.set(entry.client, reader));
    if (entry.kind === 'inside' || entry.kind === 'outside') {
      reader.isInside = entry.kind === 'inside';
      reader.owed.length = 0;
    }
    if (entry.kind !== 'snapshot' && entry.kind !== 'updates') continue;
    const epoch = entry.kind === 'snapshot' ? entry.room.epoch : entry.epoch;
    const version = entry.kind === 'snapshot' ? entry.room.version : (entry.updates.at(-1)?.version ?? 0);
    reader.epoch = epoch;
    reader.version = Math.max(reader.version, version);
    while (reader.owed[0] && reader.owed[0].version <= version) {
      const { since, version: owed } = reader.owed.shift() as Reader['owed'][number];
      note(entry.client, { version: owed, ms: entry.at - since });
    }
    const name = `${roomId} ${epoch} ${version}`;
    if (entry.kind !== 'updates' || entry.as !== 'public' || first.has(name)) continue;
    first.set(name, entry.at);
    if (entry.at < from) continue;
    for (const other of room.values()) {
      if (other.isInside && other.epoch === epoch && other.version < version)
        other.owed.push({ version, since: entry.at });
    }
  }
  for (const [key, { owed, isInside }] of readers) {
    const client = key.split(' ')[0] as string;
    if (isInside && owed[0]) note(client, { version: owed[0].version, ms: Number.POSITIVE_INFINITY });
  }
  return [...worst.values()].sort((a, b) => b.ms - a.ms);
}

// The memory engine's tables, shared by its stores as Redis keys are. Knows no rule.
import { heldUsers } from '../domain/room.ts';
import type { RoomNews } from '../fanout/fanout.ts';
import type { Clock } from '../ops/clock.ts';
import type { RoomId } from '../protocol/ids.ts';
import type { KeptMessage } from './message-store.ts';
import type { MemberRecord } from './presence-store.ts';
import {
  ANSWER_MEMORY_MS,
  type CommandKey,
  type CommitRecord,
  IDLE_ROOM_TTL_MS,
  nameOf,
  type RememberedAnswer,
  type StoredRoom,
} from './room-store.ts';
import type { Sanction } from './sanction-store.ts';

export interface RoomTable {
  room: StoredRoom;
  log: CommitRecord[];
  readonly members: Map<string, MemberRecord>;
  /** The last one given; a fence that is given again would make an ended session look alive. */
  lastFence: number;
  readonly held: Set<string>;
  readonly bans: Map<string, Sanction>;
  readonly silences: Map<string, Sanction>;
  readonly answers: Map<string, RememberedAnswer & { readonly at: number }>;
  /** Oldest first. */
  chat: KeptMessage[];
  /** What was shown in the last second in which a cap was asked for. */
  shown: { readonly second: number; count: number; readonly senders: Set<string> } | null;
  expiresAt: number;
}

/** Tells every node that listens; the memory fan-out's publish(). */
export type Announce = (roomId: RoomId, news: RoomNews) => void;

export class MemoryTables {
  readonly #rooms = new Map<RoomId, RoomTable>();
  readonly clock: Clock;
  readonly announce: Announce;

  constructor(clock: Clock, announce: Announce) {
    this.clock = clock;
    this.announce = announce;
  }

  get(roomId: RoomId): RoomTable | null {
    const table = this.#rooms.get(roomId);
    if (!table) return null;
    if (table.expiresAt > this.clock.now()) return table;
    this.#rooms.delete(roomId);
    return null;
  }

  create(room: StoredRoom): RoomTable {
    this.#forgetExpired();
    const table: RoomTable = {
      room,
      log: [],
      members: new Map(),
      lastFence: 0,
      held: new Set(heldUsers(room.state)),
      bans: new Map(),
      silences: new Map(),
      answers: new Map(),
      chat: [],
      shown: null,
      expiresAt: this.clock.now() + IDLE_ROOM_TTL_MS,
    };
    this.#rooms.set(room.state.roomId, table);
    return table;
  }

  /** The number of rooms that are kept, closed ones included. */
  get size(): number {
    this.#forgetExpired();
    return this.#rooms.size;
  }

  #forgetExpired(): void {
    const now = this.clock.now();
    for (const [roomId, table] of this.#rooms) {
      if (table.expiresAt <= now) this.#rooms.delete(roomId);
    }
  }
}

/** The remembered answer, unless it is older than the memory goes. */
export function recall(table: RoomTable, key: CommandKey, now: number): RememberedAnswer | null {
  const known = table.answers.get(nameOf(key));
  if (!known || known.at <= now - ANSWER_MEMORY_MS) return null;
  const { at: _at, ...answer } = known;
  return answer;
}

/** Remembers an answer and drops what is too old; insertion order is age. */
export function remember(table: RoomTable, answer: RememberedAnswer, now: number): void {
  for (const [key, old] of table.answers) {
    if (old.at > now - ANSWER_MEMORY_MS) break;
    table.answers.delete(key);
  }
  table.answers.set(nameOf(answer), { ...answer, at: now });
}

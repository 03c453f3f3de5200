// The tables of the memory engine. Its stores share them as those of Redis share keys.
import { stageUsers } from '../../domain/room.ts';
import type { RoomNews } from '../../feed/room-feed.ts';
import type { Clock } from '../../ops/clock.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { KeptMessage } from '../message-store.ts';
import type { MemberRecord } from '../presence-store.ts';
import { type Offer, REASSERTION_MS } from '../room-recovery.ts';
import {
  ANSWER_MEMORY_MS,
  type CommandKey,
  type CommitRecord,
  commandName,
  IDLE_ROOM_TTL_MS,
  isStale,
  type RememberedAnswer,
  type StoredRoom,
  type Timed,
} from '../room-store.ts';
import type { Sanction } from '../sanction-store.ts';
import { RecoveryRequiredError, StaleWriteError } from '../store-errors.ts';

export interface RoomTable {
  room: StoredRoom;
  log: CommitRecord[];
  readonly members: Map<string, MemberRecord>;
  /** The last fence given; a fence that is given twice would make an ended session look alive. */
  lastFence: number;
  /** The users that the stage refers to. */
  readonly pinned: Set<string>;
  readonly bans: Map<string, Sanction>;
  readonly silences: Map<string, Sanction>;
  readonly answers: Map<string, RememberedAnswer & { readonly at: number }>;
  /** Oldest first. */
  chat: KeptMessage[];
  /** What was shown in the last second in which the cap held. */
  shown: { readonly second: number; count: number; readonly senders: Set<string> } | null;
  expiresAt: number;
}

/** The recovery of a room that is under way. */
export interface RecoveryRound {
  readonly replicationId: string;
  /** Until when copies are collected, Unix milliseconds. */
  readonly until: number;
  /** The best copy, if it is newer than the store's own. */
  offer: Offer | null;
}

/** All rooms as they were at one moment. */
export type Checkpoint = ReadonlyMap<RoomId, RoomTable>;

/** Publishes on the memory feed of a room. */
export type Announce = (roomId: RoomId, news: RoomNews) => void;

export class MemoryTables {
  readonly #rooms = new Map<RoomId, RoomTable>();
  readonly clock: Clock;
  readonly announce: Announce;
  readonly recoveryRounds = new Map<RoomId, RecoveryRound>();
  #replicationId = 'replicationId-1';
  /** How many servers there have been. */
  #servers = 1;
  #tookOverAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, announce: Announce) {
    this.clock = clock;
    this.announce = announce;
  }

  /** Throws when a write was sent too long ago. */
  refuseStale(sent: Timed): void {
    if (isStale(sent, this.clock.now())) throw new StaleWriteError();
  }

  get(roomId: RoomId): RoomTable | null {
    const table = this.#rooms.get(roomId);
    if (!table) return null;
    if (table.expiresAt > this.clock.now()) return table;
    this.#rooms.delete(roomId);
    return null;
  }

  /** The same. Throws RecoveryRequiredError when the room must be recovered first. */
  usable(roomId: RoomId): RoomTable | null {
    const table = this.get(roomId);
    const isMissing = table === null && this.clock.now() - this.#tookOverAt < REASSERTION_MS;
    if (isMissing || (table && table.room.replicationId !== this.#replicationId))
      throw new RecoveryRequiredError(roomId);
    return table;
  }

  /** Names the unbroken history of these tables. */
  get replicationId(): string {
    return this.#replicationId;
  }

  checkpoint(): Checkpoint {
    return structuredClone(this.#rooms);
  }

  /** Another server takes over with the checkpoint; what was written since then is lost. */
  failOver(checkpoint: Checkpoint = new Map()): void {
    this.#replicationId = `replicationId-${++this.#servers}`;
    this.#tookOverAt = this.clock.now();
    this.recoveryRounds.clear();
    this.#rooms.clear();
    for (const [roomId, table] of structuredClone(checkpoint)) this.#rooms.set(roomId, table);
  }

  create(room: StoredRoom): RoomTable {
    this.#forgetExpired();
    const table: RoomTable = {
      room: { ...room, replicationId: this.#replicationId },
      log: [],
      members: new Map(),
      lastFence: 0,
      pinned: new Set(stageUsers(room.state)),
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

  openRooms(): readonly RoomId[] {
    this.#forgetExpired();
    return [...this.#rooms.values()].flatMap(({ room: { state } }) => (state.closed ? [] : [state.roomId]));
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

/** The remembered answer, unless it is too old. */
export function recall(table: RoomTable, key: CommandKey, now: number): RememberedAnswer | null {
  const known = table.answers.get(commandName(key));
  if (!known || known.at <= now - ANSWER_MEMORY_MS) return null;
  const { at: _at, ...answer } = known;
  return answer;
}

/** Remembers an answer and drops those that are too old; insertion order is age. */
export function remember(table: RoomTable, answer: RememberedAnswer, now: number): void {
  for (const [key, old] of table.answers) {
    if (old.at > now - ANSWER_MEMORY_MS) break;
    table.answers.delete(key);
  }
  table.answers.set(commandName(answer), { ...answer, at: now });
}

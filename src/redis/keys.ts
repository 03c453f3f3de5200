// The table of what is written to Redis: keys, channels, life times. Must not do I/O; ids come in checked (protocol/ids).
//
// | key                     | type   | what                                                   | lives                        |
// |-------------------------|--------|--------------------------------------------------------|------------------------------|
// | mw:{room}:stage         | hash   | epoch, version, publicVersion, staffVersion, door,     | while held + 25 h;           |
// |                         |        | schema, isClosed and the sections as JSON              | closed: 10 min               |
// | mw:{room}:log           | stream | one entry `<version>-0` a commit, last 512             | as stage                     |
// | mw:{room}:members       | hash   | userId → fence|rtcUid|since|nodeId|profile JSON;       | as stage                     |
// |                         |        | `:` → the last fence given                             |                              |
// | mw:{room}:held          | set    | members the stage refers to                            | as stage                     |
// | mw:{room}:uids          | hash   | rtcUid → userId                                        | as stage                     |
// | mw:{room}:done          | hash   | userId:commandId → time|command|answer JSON, 2 min     | as stage                     |
// | mw:{room}:bans          | hash   | userId → until|by|at; until empty: for ever            | as stage                     |
// | mw:{room}:silences      | hash   | the same                                               | as stage                     |
// | mw:{room}:tries:<user>  | string | wrong passwords of that user                           | 30 min after the last one    |
// | mw:{room} (channel)     |        | the room's feed: commits and audience news             |                              |
// | mw:{nodes}             | hash   | nodeId → what it says of itself, JSON                  | 30 s after the last news     |
// | mw:{directory}:entries  | hash   | roomId → entry JSON                                    | 10 min after the last news   |
// | mw:{directory}:new      | zset   | roomId by createdAt                                    | as entries                   |
//
// A room's keys share its hash tag and are all there from its creation on, for a script fails when it meets a missing
// key while its Cluster slot migrates. Redis drops collections that become empty, so each holds a placeholder `:`, a
// character that no id has.
import { CLOSED_ROOM_TTL_MS, IDLE_ROOM_TTL_MS } from '../store/room-store.ts';

export interface RedisKeys {
  /** The room's keys in the order in which every script of rooms takes them. */
  room(roomId: string): readonly string[];
  members(roomId: string): string;
  answers(roomId: string): string;
  bans(roomId: string): string;
  silences(roomId: string): string;
  attempts(roomId: string, userId: string): string;
  /** The room's feed. */
  channel(roomId: string): string;
  readonly nodes: string;
  readonly directoryEntries: string;
  readonly directoryNew: string;
}

export const ttls = {
  idleRoomMs: IDLE_ROOM_TTL_MS,
  closedRoomMs: CLOSED_ROOM_TTL_MS,
  directoryMs: 10 * 60_000,
} as const;

/** Stands in collections so that they exist. */
export const PLACEHOLDER = ':';

const roomKeyNames = ['stage', 'log', 'members', 'held', 'uids', 'done', 'bans', 'silences'] as const;

export const createKeys = (prefix: string): RedisKeys => {
  const key = (roomId: string, name: (typeof roomKeyNames)[number]) => `${prefix}:{${roomId}}:${name}`;
  return {
    room: (roomId) => roomKeyNames.map((name) => key(roomId, name)),
    members: (roomId) => key(roomId, 'members'),
    bans: (roomId) => key(roomId, 'bans'),
    silences: (roomId) => key(roomId, 'silences'),
    attempts: (roomId, userId) => `${prefix}:{${roomId}}:tries:${userId}`,
    answers: (roomId) => key(roomId, 'done'),
    channel: (roomId) => `${prefix}:{${roomId}}`,
    nodes: `${prefix}:{nodes}`,
    directoryEntries: `${prefix}:{directory}:entries`,
    directoryNew: `${prefix}:{directory}:new`,
  };
};

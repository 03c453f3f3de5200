// The table of what is written to Redis: keys, channels, life times. Must not do I/O; ids come in checked (protocol/ids).
//
// | key                     | type   | what                                                   | lives                        |
// |-------------------------|--------|--------------------------------------------------------|------------------------------|
// | mw:{room}:stage         | hash   | epoch, version, publicVersion, staffVersion, door,     | while held + 25 h;           |
// |                         |        | schema, history, isClosed and the sections as JSON     | closed: 10 min               |
// | mw:{room}:log           | stream | one entry `<version>-0` a commit, last 512             | as stage                     |
// | mw:{room}:members       | hash   | userId → fence|rtcUid|since|nodeId|profile JSON;       | as stage                     |
// |                         |        | `:` → the last fence given                             |                              |
// | mw:{room}:held          | set    | members the stage refers to                            | as stage                     |
// | mw:{room}:uids          | hash   | rtcUid → userId                                        | as stage                     |
// | mw:{room}:done          | hash   | userId:commandId → time|command|answer JSON, 2 min;    | as stage                     |
// |                         |        | shown, settling, offer: see lua/write-messages, recover-room  |                              |
// | mw:{room}:bans          | hash   | userId → until|by|at; until empty: for ever            | as stage                     |
// | mw:{room}:silences      | hash   | the same                                               | as stage                     |
// | mw:{room}:tries:<user>  | string | wrong passwords of that user                           | 30 min after the last one    |
// | mw:{room}:chat          | list   | messageId|userId|message JSON, or !deleter, last 200   | as stage                     |
// | mw:{room} (channel)     |        | the room's feed: commits, audience news, messages      |                              |
// | mw:{nodes}              | hash   | nodeId → what it says of itself, JSON                  | 30 s after the last news     |
// | mw:{nodes}:leases       | zset   | nodeId by the end of its lease; `:` by the time of     | 25 h after the last of them  |
// |                         |        | the last survey                                        |                              |
// | mw:{nodes}:gone         | zset   | nodes that died or resigned lately, by the moment from | 1 h after it; as leases      |
// |                         |        | which their members count as dropped                   |                              |
// | mw:{nodes}:due          | zset   | rooms that somebody has to look after, by when         | as leases                    |
// | mw:{nodes}:rooms:<node> | set    | the rooms that this node holds                         | 25 h after its last renewal  |
// | mw:{nodes}:listed       | hash   | nodeId → the history under which it told all its rooms | as leases                    |
// |                         |        | `:` → history|time of its first survey                 |                              |
// | mw:{nodes}:scan         | string | some node looks through all rooms, or did so just now  | 8 min                        |
// | mw#…, mw-request#…,     |        | what is addressed to users (Socket.IO's adapter)       |                              |
// | mw-response#… (channels)|        |                                                        |                              |
// | mw:{directory}:entries  | hash   | roomId → time|shelf|names by new, audience|owner|JSON  | 10 min after the last news   |
// | mw:{directory}:announced| zset   | roomId by the time of its last announcement            | as entries                   |
// | mw:{directory}:new      | zset   | `<rank>.<roomId>`, all of score 0, so that they are    | as entries                   |
// | mw:{directory}:audience | zset   | sorted as texts and a page begins at any of them       | as entries                   |
// | mw:{directory}:new:<shelf>      | zset | the same for the rooms of one category; its      | 10 min after the last news   |
// | mw:{directory}:audience:<shelf> | zset | shelf is a hash of its name                      | of a room of that category   |
// | mw:{directory}:owned:<userId>   | zset | his rooms by the time when that was said last    | 25 h after the last claim    |
// | mw:{user:<id>}:sessions | hash   | sessionId → first admission (µs)|last admission|node   | 15 min after the last        |
// | mw:{user:<id>}:revoked  | string | tokens issued up to this second are refused            | 90 days, or as asked         |
// | mw:users:revoked        | zset   | userId by the moment of its revocation, last hour      | 1 h after the last           |
// | mw:users (channel)      |        | news of users for every node: revoked, displaced       |                              |
// | mw:{…}:probe:… (channels)|       | what a connection for subscriptions tells itself       |                              |
//
// No id has a colon, so a user's tag is never a room's; what concerns all users has no tag, as no room's name is without.
//
// A room's keys share its hash tag and are all there from its creation on, for a script fails when it meets a missing
// key while its Cluster slot migrates. Redis drops collections that become empty, so each holds a placeholder `:`, a
// character that no id has. The directory's scripts do without: they find the shelves of a room in its entry, so they
// cannot name all keys beforehand, and what fails while a slot migrates is announced again.
import type { RoomId } from '../protocol/ids.ts';
import { ALL_ROOMS } from '../store/directory-order.ts';
import { CLOSED_ROOM_TTL_MS, IDLE_ROOM_TTL_MS } from '../store/room-store.ts';

export interface RedisKeys {
  /** The room's keys in the order in which every script of rooms takes them. */
  room(roomId: string): readonly string[];
  members(roomId: string): string;
  answers(roomId: string): string;
  bans(roomId: string): string;
  silences(roomId: string): string;
  attempts(roomId: string, userId: string): string;
  chat(roomId: string): string;
  /** The room's feed. */
  channel(roomId: string): string;
  readonly nodes: string;
  /** Whose turn it is to look through all rooms. */
  readonly scan: string;
  /** Finds the stages of all rooms, as SCAN takes it. */
  readonly stagePattern: string;
  roomOfStage(stage: string): RoomId;
  /** The keys of leases in the order in which their scripts take them; of `rooms:` they make each node's set of rooms. */
  readonly leases: readonly string[];
  /** Prefix of the channels of Socket.IO's adapter. */
  readonly users: string;
  /** The directory's keys in the order in which its scripts take them; of `owned` they make the owners' keys. */
  readonly directory: readonly string[];
  /** The rooms of one owner. */
  owned(userId: string): string;
  /** The index of one order: of all rooms, or of one category's shelf. */
  directoryIndex(sort: 'new' | 'audience', shelf: string): string;
  /** What is known of a user across rooms, in the order in which scripts take it. */
  user(userId: string): readonly string[];
  userSessions(userId: string): string;
  userRevoked(userId: string): string;
  readonly revocations: string;
  readonly usersChannel: string;
  /** The channel by which one connection hears whether it hears; `tag` puts it into a slot. */
  probe(tag: string, connection: string): string;
}

export const ttls = {
  idleRoomMs: IDLE_ROOM_TTL_MS,
  closedRoomMs: CLOSED_ROOM_TTL_MS,
  directoryMs: 10 * 60_000,
  /** As long as rooms that nobody holds: whoever comes after all nodes have died finds what they held. */
  leasesMs: IDLE_ROOM_TTL_MS,
} as const;

/** Stands in collections so that they exist. */
export const PLACEHOLDER = ':';

const roomKeyNames = ['stage', 'log', 'members', 'held', 'uids', 'done', 'bans', 'silences', 'chat'] as const;

export const createKeys = (prefix: string): RedisKeys => {
  const key = (roomId: string, name: (typeof roomKeyNames)[number]) => `${prefix}:{${roomId}}:${name}`;
  return {
    room: (roomId) => roomKeyNames.map((name) => key(roomId, name)),
    members: (roomId) => key(roomId, 'members'),
    bans: (roomId) => key(roomId, 'bans'),
    silences: (roomId) => key(roomId, 'silences'),
    attempts: (roomId, userId) => `${prefix}:{${roomId}}:tries:${userId}`,
    answers: (roomId) => key(roomId, 'done'),
    chat: (roomId) => key(roomId, 'chat'),
    channel: (roomId) => `${prefix}:{${roomId}}`,
    nodes: `${prefix}:{nodes}`,
    scan: `${prefix}:{nodes}:scan`,
    stagePattern: `${prefix.replace(/[*?[\]\\^]/g, '\\$&')}:{*}:stage`,
    roomOfStage: (stage) => stage.slice(`${prefix}:{`.length, -'}:stage'.length) as RoomId,
    leases: ['leases', 'gone', 'due', 'rooms:', 'listed'].map((name) => `${prefix}:{nodes}:${name}`),
    users: prefix,
    directory: ['entries', 'announced', 'new', 'audience', 'owned'].map((name) => `${prefix}:{directory}:${name}`),
    owned: (userId) => `${prefix}:{directory}:owned:${userId}`,
    directoryIndex: (sort, shelf) => `${prefix}:{directory}:${sort}${shelf === ALL_ROOMS ? '' : `:${shelf}`}`,
    user: (userId) => [`${prefix}:{user:${userId}}:sessions`, `${prefix}:{user:${userId}}:revoked`],
    userSessions: (userId) => `${prefix}:{user:${userId}}:sessions`,
    userRevoked: (userId) => `${prefix}:{user:${userId}}:revoked`,
    revocations: `${prefix}:users:revoked`,
    usersChannel: `${prefix}:users`,
    probe: (tag, connection) => `${prefix}:{${tag}}:probe:${connection}`,
  };
};

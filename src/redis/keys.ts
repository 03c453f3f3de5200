// The table of what is written to Redis: keys, channels, TTLs. Does no I/O; ids come in checked (protocol/ids).
//
// | key                     | type   | what                                                   | lives                        |
// |-------------------------|--------|--------------------------------------------------------|------------------------------|
// | mw:{room}:stage         | hash   | epoch, version, publicVersion, staffVersion, door,     | IDLE_ROOM_TTL_MS after the   |
// |                         |        | schema, history, isClosed and the sections as JSON     | last use; CLOSED_ROOM_TTL_MS |
// | mw:{room}:log           | stream | one entry `<version>-0` a commit, last 512             | as stage                     |
// | mw:{room}:members       | hash   | userId → fence|rtcUid|since|nodeId|profile JSON;       | as stage                     |
// |                         |        | `:` → the last fence given                             |                              |
// | mw:{room}:held          | set    | pinned users: those whom the stage refers to           | as stage                     |
// | mw:{room}:uids          | hash   | rtcUid → userId                                        | as stage                     |
// | mw:{room}:done          | hash   | userId:commandId → time|command|answer JSON, 2 min;    | as stage; RECOVERY_TTL_MS    |
// |                         |        | shown: see lua/write-messages;                         | while nothing but a recovery |
// |                         |        | settling, offer: see lua/recover-room                  | is in it                     |
// | mw:{room}:bans          | hash   | userId → until|by|at; until empty: forever             | as stage                     |
// | mw:{room}:silences      | hash   | the same                                               | as stage                     |
// | mw:{room}:tries:<user>  | string | wrong passwords of that user                           | LOCKOUT_MS after the last    |
// | mw:{room}:chat          | list   | messageId|userId|message JSON, or !deleter, last 200   | as stage                     |
// | mw:{room} (channel)     |        | the room's feed: commits, audience news, messages      |                              |
// | mw:{nodes}              | hash   | nodeId → what the node says of itself, JSON            | NODES_TTL_MS after the news  |
// | mw:{nodes}:leases       | zset   | nodeId by the end of its lease; `:` by the time of     | LEASES_TTL_MS after the last |
// |                         |        | the last survey                                        |                              |
// | mw:{nodes}:gone         | zset   | dead nodes, by the moment from which their members     | 1 h after that moment; as    |
// |                         |        | count as dropped                                       | leases                       |
// | mw:{nodes}:due          | zset   | rooms that some node has to look after, by when        | as leases                    |
// | mw:{nodes}:rooms:<node> | set    | the rooms that this node serves                        | LEASES_TTL_MS after renewal  |
// | mw:{nodes}:listed       | hash   | nodeId → the replication id under which it listed all  | as leases                    |
// |                         |        | its rooms; `:` → replication id|time of first survey   |                              |
// | mw:{nodes}:scan         | string | a node scans all rooms, or did so just now             | SCAN_CLAIM_MS                |
// | mw#…, mw-request#…,     |        | what is addressed to users (Socket.IO's adapter)       |                              |
// | mw-response#… (channels)|        |                                                        |                              |
// | mw:{directory}:entries  | hash   | roomId → time|shelf|names by new, audience|owner|JSON  | DIRECTORY_TTL_MS after news  |
// | mw:{directory}:announced| zset   | roomId by the time of its last announcement            | as entries                   |
// | mw:{directory}:new      | zset   | `<rank>.<roomId>`, all of score 0, so that they are    | as entries                   |
// | mw:{directory}:audience | zset   | sorted as texts and a page begins at any of them       | as entries                   |
// | mw:{directory}:new:<shelf>      | zset | the same for the rooms of one category; its      | DIRECTORY_TTL_MS after the   |
// | mw:{directory}:audience:<shelf> | zset | shelf is a hash of its name                      | last news of such a room     |
// | mw:{directory}:owned:<userId>   | zset | the user's rooms by the time of their last claim | OWNERSHIP_TTL_MS after that  |
// | mw:{user:<id>}:sessions | hash   | sessionId → first admission (µs)|last admission|node   | SESSION_TTL_MS after that    |
// | mw:{user:<id>}:revoked  | string | tokens issued up to this second are refused            | as asked; REVOCATION_TTL_MS  |
// | mw:users:revoked        | zset   | userId by the moment of its revocation, last hour      | REVOCATION_NEWS_MS after it  |
// | mw:users (channel)      |        | news of users for every node: revoked, displaced       |                              |
// | mw:{…}:probe:… (channels)|       | what a connection for subscriptions tells itself       |                              |
//
// No id has a colon, so a user's tag is never a room's. What concerns all users has no tag; every room's key has one.
//
// A room's keys share its hash tag. All are there from its creation on, because a script fails when it meets a missing
// key while its Cluster slot migrates. Redis drops collections that become empty, so each holds a placeholder `:`, a
// character that no id has. The directory's scripts do without: they find the shelves of a room in its entry, so they
// cannot name all keys beforehand. What fails there while a slot migrates is announced again.
import type { RoomId } from '../protocol/ids.ts';
import { ALL_ROOMS } from '../store/directory-order.ts';
import { NODE_ENTRY_TTL_MS } from '../store/node-store.ts';
import { IDLE_ROOM_TTL_MS } from '../store/room-store.ts';

/** A recovery of a room that the store lost ends within seconds, or nobody waits for it any more. */
export const RECOVERY_TTL_MS = 60_000;
/** Twice the time for which a silent node is listed: readers remove it, the TTL only cleans up after the last. */
export const NODES_TTL_MS = NODE_ENTRY_TTL_MS * 2;
/** As long as idle rooms: a node that starts after all nodes have died finds the rooms that they served. */
export const LEASES_TTL_MS = IDLE_ROOM_TTL_MS;
/** Longer than an entry's 90 s: an index is dropped only when no node announces any more. */
export const DIRECTORY_TTL_MS = 10 * 60_000;
/** How often a room's answers are looked through for old ones. */
export const ANSWER_PRUNE_MS = 10_000;

/** Stands in collections so that they exist. */
export const PLACEHOLDER = ':';

/** The room's keys in the order in which every script of rooms takes them. */
const roomKeyNames = ['stage', 'log', 'members', 'held', 'uids', 'done', 'bans', 'silences', 'chat'] as const;

export type RedisKeys = ReturnType<typeof createKeys>;

/** The names of all keys and channels under one prefix. Lists are in the order in which scripts take them. */
export function createKeys(prefix: string) {
  const ofRoom = (name: (typeof roomKeyNames)[number]) => (roomId: string) => `${prefix}:{${roomId}}:${name}`;
  const ofUser = (name: 'sessions' | 'revoked') => (userId: string) => `${prefix}:{user:${userId}}:${name}`;
  const listOf = (tag: string, names: readonly string[]): readonly string[] =>
    names.map((name) => `${prefix}:{${tag}}:${name}`);
  return {
    room: (roomId: string) => listOf(roomId, roomKeyNames),
    members: ofRoom('members'),
    bans: ofRoom('bans'),
    silences: ofRoom('silences'),
    answers: ofRoom('done'),
    chat: ofRoom('chat'),
    attempts: (roomId: string, userId: string) => `${prefix}:{${roomId}}:tries:${userId}`,
    /** The room's feed. */
    channel: (roomId: string) => `${prefix}:{${roomId}}`,
    nodes: `${prefix}:{nodes}`,
    /** Exists while it is some node's turn to scan all rooms. */
    scan: `${prefix}:{nodes}:scan`,
    /** Finds the stages of all rooms, as SCAN takes it. */
    stagePattern: `${prefix.replace(/[*?[\]\\^]/g, '\\$&')}:{*}:stage`,
    roomOfStage: (stage: string) => stage.slice(`${prefix}:{`.length, -'}:stage'.length) as RoomId,
    /** `rooms:` is the prefix of each node's set of rooms. */
    leases: listOf('nodes', ['leases', 'gone', 'due', 'rooms:', 'listed']),
    /** Prefix of the channels of Socket.IO's adapter. */
    users: prefix,
    /** `owned` is the prefix of the owners' keys. */
    directory: listOf('directory', ['entries', 'announced', 'new', 'audience', 'owned']),
    /** The rooms of one owner. */
    owned: (userId: string) => `${prefix}:{directory}:owned:${userId}`,
    /** The index of one order: of all rooms, or of one category's shelf. */
    directoryIndex: (sort: 'new' | 'audience', shelf: string) =>
      `${prefix}:{directory}:${sort}${shelf === ALL_ROOMS ? '' : `:${shelf}`}`,
    /** What is known of a user across rooms. */
    user: (userId: string) => listOf(`user:${userId}`, ['sessions', 'revoked']),
    userSessions: ofUser('sessions'),
    userRevoked: ofUser('revoked'),
    revocations: `${prefix}:users:revoked`,
    usersChannel: `${prefix}:users`,
    /** The channel by which one connection finds out whether it still receives; `tag` puts it into a slot. */
    probe: (tag: string, connection: string) => `${prefix}:{${tag}}:probe:${connection}`,
  };
}

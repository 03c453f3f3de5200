// The table of what is written to Redis: keys, channels, TTLs. Does no I/O; ids come in checked (protocol/ids).
//
// | key                     | type   | what                                                   | lives (see `ttls` below)     |
// |-------------------------|--------|--------------------------------------------------------|------------------------------|
// | mw:{room}:stage         | hash   | epoch, version, publicVersion, staffVersion, door,     | idleRoomMs after the last    |
// |                         |        | schema, history, isClosed and the sections as JSON     | use; closed: closedRoomMs    |
// | mw:{room}:log           | stream | one entry `<version>-0` a commit, last 512             | as stage                     |
// | mw:{room}:members       | hash   | userId → fence|rtcUid|since|nodeId|profile JSON;       | as stage                     |
// |                         |        | `:` → the last fence given                             |                              |
// | mw:{room}:held          | set    | pinned users: those whom the stage refers to           | as stage                     |
// | mw:{room}:uids          | hash   | rtcUid → userId                                        | as stage                     |
// | mw:{room}:done          | hash   | userId:commandId → time|command|answer JSON, 2 min;    | as stage; recoveryMs while   |
// |                         |        | shown: see lua/write-messages;                         | nothing but a recovery is    |
// |                         |        | settling, offer: see lua/recover-room                  | in it                        |
// | mw:{room}:bans          | hash   | userId → until|by|at; until empty: forever             | as stage                     |
// | mw:{room}:silences      | hash   | the same                                               | as stage                     |
// | mw:{room}:tries:<user>  | string | wrong passwords of that user                           | attemptsMs after the last    |
// | mw:{room}:chat          | list   | messageId|userId|message JSON, or !deleter, last 200   | as stage                     |
// | mw:{room} (channel)     |        | the room's feed: commits, audience news, messages      |                              |
// | mw:{nodes}              | hash   | nodeId → what the node says of itself, JSON            | nodesMs after the last news  |
// | mw:{nodes}:leases       | zset   | nodeId by the end of its lease; `:` by the time of     | leasesMs after the last      |
// |                         |        | the last survey                                        |                              |
// | mw:{nodes}:gone         | zset   | dead nodes, by the moment from which their members     | 1 h after that moment; as    |
// |                         |        | count as dropped                                       | leases                       |
// | mw:{nodes}:due          | zset   | rooms that some node has to look after, by when        | as leases                    |
// | mw:{nodes}:rooms:<node> | set    | the rooms that this node serves                        | leasesMs after its renewal   |
// | mw:{nodes}:listed       | hash   | nodeId → the replication id under which it listed all  | as leases                    |
// |                         |        | its rooms; `:` → replication id|time of first survey   |                              |
// | mw:{nodes}:scan         | string | a node scans all rooms, or did so just now             | scanMs                       |
// | mw#…, mw-request#…,     |        | what is addressed to users (Socket.IO's adapter)       |                              |
// | mw-response#… (channels)|        |                                                        |                              |
// | mw:{directory}:entries  | hash   | roomId → time|shelf|names by new, audience|owner|JSON  | directoryMs after the last   |
// | mw:{directory}:announced| zset   | roomId by the time of its last announcement            | as entries                   |
// | mw:{directory}:new      | zset   | `<rank>.<roomId>`, all of score 0, so that they are    | as entries                   |
// | mw:{directory}:audience | zset   | sorted as texts and a page begins at any of them       | as entries                   |
// | mw:{directory}:new:<shelf>      | zset | the same for the rooms of one category; its      | directoryMs after the last   |
// | mw:{directory}:audience:<shelf> | zset | shelf is a hash of its name                      | news of such a room          |
// | mw:{directory}:owned:<userId>   | zset | the user's rooms by the time of their last claim | ownedRoomsMs after the last  |
// | mw:{user:<id>}:sessions | hash   | sessionId → first admission (µs)|last admission|node   | sessionsMs after the last    |
// | mw:{user:<id>}:revoked  | string | tokens issued up to this second are refused            | revokedMs, or as asked       |
// | mw:users:revoked        | zset   | userId by the moment of its revocation, last hour      | revocationsMs after the last |
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
import { REVOCATION_NEWS_MS, REVOCATION_TTL_MS, SESSION_TTL_MS } from '../store/account-store.ts';
import { LOCKOUT_MS } from '../store/attempt-store.ts';
import { ALL_ROOMS } from '../store/directory-order.ts';
import { OWNERSHIP_TTL_MS } from '../store/directory-store.ts';
import { NODE_ENTRY_TTL_MS } from '../store/node-store.ts';
import { CLOSED_ROOM_TTL_MS, IDLE_ROOM_TTL_MS } from '../store/room-store.ts';
import { SCAN_CLAIM_MS } from '../store/scan-store.ts';

/** How long Redis keeps each sort of key after it was last written, milliseconds. */
export const ttls = {
  /** Longer than the longest emptyMs, so that an empty room lives out its time (ROOM-9). Nodes repeat it meanwhile. */
  idleRoomMs: IDLE_ROOM_TTL_MS,
  /** How long the store still knows that a closed room once was open (ROOM-6). */
  closedRoomMs: CLOSED_ROOM_TTL_MS,
  /** A recovery of a room that the store lost ends within seconds, or nobody waits for it any more. */
  recoveryMs: 60_000,
  /** The lockout itself (ROOM-2). */
  attemptsMs: LOCKOUT_MS,
  /** Twice the time for which a silent node is listed: readers remove it, the TTL only cleans up after the last. */
  nodesMs: NODE_ENTRY_TTL_MS * 2,
  /** As long as idle rooms: a node that starts after all nodes have died finds the rooms that they served. */
  leasesMs: IDLE_ROOM_TTL_MS,
  /** Ends one node's turn before the next interval begins [SC1]. */
  scanMs: SCAN_CLAIM_MS,
  /** Longer than an entry's 90 s: an index is dropped only when no node announces any more. */
  directoryMs: 10 * 60_000,
  /** As long as an idle room. */
  ownedRoomsMs: OWNERSHIP_TTL_MS,
  /** A session of a living node is admitted again every third of it. */
  sessionsMs: SESSION_TTL_MS,
  /** Unless asked otherwise; tokens must not live longer. */
  revokedMs: REVOCATION_TTL_MS,
  /** A node that missed the news asks for revocations as far back as this. */
  revocationsMs: REVOCATION_NEWS_MS,
} as const;

/** The names of all keys and channels under one prefix. */
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
  /** Exists while it is some node's turn to scan all rooms. */
  readonly scan: string;
  /** Finds the stages of all rooms, as SCAN takes it. */
  readonly stagePattern: string;
  roomOfStage(stage: string): RoomId;
  /** The keys of leases in the order in which scripts take them; `rooms:` is the prefix of each node's set of rooms. */
  readonly leases: readonly string[];
  /** Prefix of the channels of Socket.IO's adapter. */
  readonly users: string;
  /** The directory's keys in the order in which scripts take them; `owned` is the prefix of the owners' keys. */
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
  /** The channel by which one connection finds out whether it still receives; `tag` puts it into a slot. */
  probe(tag: string, connection: string): string;
}

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

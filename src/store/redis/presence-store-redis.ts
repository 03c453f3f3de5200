// Redis engine of the presence store: the contract over redis/scripts.
import type { Clock } from '../../ops/clock.ts';
import type { NodeId, RoomId, UserId } from '../../protocol/ids.ts';
import { PLACEHOLDER, type RedisKeys } from '../../redis/keys.ts';
import type { RoomScripts } from '../../redis/room-scripts.ts';
import { type RedisScripts, STALE_WRITE } from '../../redis/scripts.ts';
import type {
  JoinRequest,
  JoinResult,
  LeaveRequest,
  LeaveResult,
  MemberRecord,
  MembersPage,
  MembersQuery,
  PresenceStore,
} from '../presence-store.ts';
import { StaleWriteError } from '../store-errors.ts';
import { GroupCommit } from './group-commit.ts';
import { type MemberScan, readPage } from './presence-pages-redis.ts';

interface RedisPresenceStoreDeps {
  readonly clock: Clock;
  readonly scripts: RedisScripts;
  readonly roomScripts: RoomScripts;
  readonly keys: RedisKeys;
}

/** A join or a leave on its way to the store. */
type Move = { readonly joins: JoinRequest } | { readonly leaves: LeaveRequest };
/** What became of a move, its outcome first, and the position of the stage; see move-members.lua. */
interface Moved {
  readonly result: readonly string[];
  readonly epoch: string;
  readonly version: number;
}

/** How many texts move-members answers for each move. */
const MOVE_TEXTS = 4;

export class RedisPresenceStore implements PresenceStore {
  readonly #deps: RedisPresenceStoreDeps;
  /** The moves of each room, grouped; a room is here while one of its moves is on its way. */
  readonly #moves = new Map<RoomId, GroupCommit<Move, Moved>>();

  constructor(deps: RedisPresenceStoreDeps) {
    this.#deps = deps;
  }

  async join(roomId: RoomId, joining: JoinRequest): Promise<JoinResult> {
    const { result, epoch, version } = await this.#move(roomId, { joins: joining });
    const [outcome, text = '', again, count] = result;
    if (outcome === 'banned') return { status: 'banned', until: text === '' ? null : Number(text) };
    if (outcome !== 'joined') return { status: outcome as 'entryChanged' | 'full' | 'absent' | 'crowded' };
    const { userId, name, avatar, level, nodeId } = joining;
    const [fence = 0, rtcUid = 0, since = 0] = text.split('|').map(Number);
    const member = { userId, name, avatar, level, rtcUid, fence, nodeId, since };
    return { status: 'joined', member, again: again === '1', count: Number(count), epoch, version };
  }

  async leave(roomId: RoomId, leaving: LeaveRequest): Promise<LeaveResult> {
    const { result } = await this.#move(roomId, { leaves: leaving });
    return result[0] as LeaveResult;
  }

  async #move(roomId: RoomId, move: Move): Promise<Moved> {
    const moved = await this.#movesOf(roomId).ask(move);
    if (moved.result[0] === STALE_WRITE) throw new StaleWriteError();
    return moved;
  }

  #movesOf(roomId: RoomId): GroupCommit<Move, Moved> {
    const known = this.#moves.get(roomId);
    if (known) return known;
    const carryOut = (batch: readonly Move[]) => this.#carryOut(roomId, batch);
    const moves = new GroupCommit(carryOut, this.#deps.clock, () => this.#moves.delete(roomId));
    this.#moves.set(roomId, moves);
    return moves;
  }

  async #carryOut(roomId: RoomId, moves: readonly Move[]): Promise<Moved[]> {
    const { roomScripts, keys } = this.#deps;
    const args = [keys.channel(roomId), JSON.stringify(moves.map(textsOf))];
    const { outcome, values } = await roomScripts.run(roomId, 'move-members', args);
    if (outcome === 'absent') return moves.map(() => ({ result: [outcome], epoch: '', version: 0 }));
    const [epoch = '', version, ...results] = values;
    return moves.map((_, index) => {
      const result = results.slice(index * MOVE_TEXTS, (index + 1) * MOVE_TEXTS);
      return { result, epoch, version: Number(version) };
    });
  }

  async find(roomId: RoomId, userIds: readonly UserId[]): Promise<ReadonlyMap<string, MemberRecord>> {
    const { scripts, keys } = this.#deps;
    if (userIds.length === 0) return new Map();
    const texts = await scripts.send(keys.members(roomId), (redis, key) => redis.hmget(key, ...userIds));
    const found = texts.flatMap((text, index) => (text ? [parseMember(userIds[index] as UserId, text)] : []));
    return new Map(found.map((member) => [member.userId, member]));
  }

  async count(roomId: RoomId): Promise<number> {
    const { scripts, keys } = this.#deps;
    return Math.max(0, (await scripts.send(keys.members(roomId), (redis, key) => redis.hlen(key))) - 1);
  }

  async sample(roomId: RoomId, limit: number): Promise<{ count: number; members: readonly MemberRecord[] }> {
    const count = await this.count(roomId);
    const scan = this.#scanOf(roomId);
    const members = new Map<string, MemberRecord>();
    // HSCAN brings about as many as are asked for, some of them twice. A large hash is not read to its end.
    let cursor = '0';
    do {
      const batch = await scan(cursor, limit);
      for (const member of batch.members) members.set(member.userId, member);
      cursor = batch.next;
    } while (cursor !== '0' && members.size < limit);
    return { count, members: [...members.values()].slice(0, limit) };
  }

  async page(roomId: RoomId, query: MembersQuery): Promise<MembersPage> {
    const count = await this.count(roomId);
    return { ...(await readPage(this.#scanOf(roomId), query)), count };
  }

  #scanOf(roomId: RoomId): MemberScan {
    const { scripts, keys } = this.#deps;
    return async (cursor, count) => {
      const [next, fields] = await scripts.send(keys.members(roomId), (redis, key) =>
        redis.hscan(key, cursor, 'COUNT', count),
      );
      const members = fields.flatMap((userId, index) =>
        index % 2 === 0 && userId !== PLACEHOLDER ? [parseMember(userId as UserId, fields[index + 1] as string)] : [],
      );
      return { next, members };
    };
  }
}

/** A move as the script reads it. */
function textsOf(move: Move) {
  if ('leaves' in move) {
    const { userId, fence, decidedAt: sent } = move.leaves;
    return { user: userId, sent, leaves: String(fence) };
  }
  const { userId, nodeId, decidedAt: sent, entryVersion, capacity, rtcUids, name, avatar, level } = move.joins;
  const profile = JSON.stringify({ name, avatar, level });
  const uids = rtcUids.map(String);
  return { user: userId, sent, node: nodeId, entryVersion: String(entryVersion), capacity, profile, uids };
}

/** `fence|rtcUid|since|nodeId|profile JSON`, see redis/keys. */
function parseMember(userId: UserId, text: string): MemberRecord {
  const [, fence, rtcUid, since, nodeId, profile = '{}'] = /^(\d+)\|(\d+)\|(\d+)\|([^|]*)\|(.*)$/s.exec(text) ?? [];
  const { name, avatar, level } = JSON.parse(profile) as Pick<MemberRecord, 'name' | 'avatar' | 'level'>;
  return {
    userId,
    name,
    avatar,
    level,
    nodeId: nodeId as NodeId,
    rtcUid: Number(rtcUid),
    fence: Number(fence),
    since: Number(since),
  };
}

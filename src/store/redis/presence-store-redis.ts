// Redis engine of the presence store: the contract over redis/scripts.
import type { NodeId, RoomId, UserId } from '../../protocol/ids.ts';
import { PLACEHOLDER } from '../../redis/keys.ts';
import { pairsOf } from '../../redis/reply.ts';
import { STALE_WRITE } from '../../redis/scripts.ts';
import type { JoinRequest, LeaveRequest, LeaveResult, MemberRecord, PresenceStore } from '../presence-store.ts';
import { StaleWriteError } from '../store-errors.ts';
import { GroupCommit } from './group-commit.ts';
import { type MemberScan, readPage } from './presence-pages-redis.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';

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

export function redisPresenceStore(deps: RedisStoreDeps): PresenceStore {
  const { scripts, keys } = deps;
  const move = createMover(deps);

  const countOf = async (roomId: RoomId): Promise<number> =>
    Math.max(0, (await scripts.send(keys.members(roomId), (redis, key) => redis.hlen(key))) - 1);

  const scanOf =
    (roomId: RoomId): MemberScan =>
    async (cursor, count) => {
      const scan = keys.members(roomId);
      const [next, fields] = await scripts.send(scan, (redis, key) => redis.hscan(key, cursor, 'COUNT', count));
      const members = pairsOf(fields).filter(([userId]) => userId !== PLACEHOLDER);
      return { next, members: members.map(([userId, text]) => parseMember(userId as UserId, text)) };
    };

  return {
    async join(roomId, joining) {
      const { result, epoch, version } = await move(roomId, { joins: joining });
      const [outcome, text = '', again, count] = result;
      if (outcome === 'banned') return { status: 'banned', until: text === '' ? null : Number(text) };
      if (outcome !== 'joined') return { status: outcome as 'entryChanged' | 'full' | 'absent' | 'crowded' };
      const { userId, name, avatar, level, nodeId } = joining;
      const [fence = 0, rtcUid = 0, since = 0] = text.split('|').map(Number);
      const member = { userId, name, avatar, level, rtcUid, fence, nodeId, since };
      return { status: 'joined', member, again: again === '1', count: Number(count), epoch, version };
    },

    async leave(roomId, leaving) {
      return (await move(roomId, { leaves: leaving })).result[0] as LeaveResult;
    },

    async find(roomId, userIds) {
      if (userIds.length === 0) return new Map();
      const texts = await scripts.send(keys.members(roomId), (redis, key) => redis.hmget(key, ...userIds));
      const found = texts.flatMap((text, index) => (text ? [parseMember(userIds[index] as UserId, text)] : []));
      return new Map(found.map((member) => [member.userId, member]));
    },

    count: countOf,

    async sample(roomId, limit) {
      const count = await countOf(roomId);
      const members = new Map<string, MemberRecord>();
      // HSCAN brings about as many as are asked for, some of them twice. A large hash is not read to its end.
      let cursor = '0';
      do {
        const batch = await scanOf(roomId)(cursor, limit);
        for (const member of batch.members) members.set(member.userId, member);
        cursor = batch.next;
      } while (cursor !== '0' && members.size < limit);
      return { count, members: [...members.values()].slice(0, limit) };
    },

    async page(roomId, query) {
      const count = await countOf(roomId);
      return { ...(await readPage(scanOf(roomId), query)), count };
    },
  };
}

/** Carries out moves, those of each room in groups. */
function createMover({ clock, roomScripts, keys }: RedisStoreDeps): (roomId: RoomId, move: Move) => Promise<Moved> {
  /** A room is here while one of its moves is on its way. */
  const groups = new Map<RoomId, GroupCommit<Move, Moved>>();

  const carryOut = async (roomId: RoomId, moves: readonly Move[]): Promise<Moved[]> => {
    const args = [keys.channel(roomId), JSON.stringify(moves.map(textsOf))];
    const { outcome, values } = await roomScripts.run(roomId, 'move-members', args);
    if (outcome === 'absent') return moves.map(() => ({ result: [outcome], epoch: '', version: 0 }));
    const [epoch = '', version, ...results] = values;
    return moves.map((_, index) => {
      const result = results.slice(index * MOVE_TEXTS, (index + 1) * MOVE_TEXTS);
      return { result, epoch, version: Number(version) };
    });
  };

  return async (roomId, move) => {
    const group =
      groups.get(roomId) ??
      new GroupCommit(
        (moves) => carryOut(roomId, moves),
        clock,
        () => groups.delete(roomId),
      );
    groups.set(roomId, group);
    const moved = await group.ask(move);
    if (moved.result[0] === STALE_WRITE) throw new StaleWriteError();
    return moved;
  };
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

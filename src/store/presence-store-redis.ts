// Redis engine of the presence store: the contract over redis/scripts. Must not know rules.
import type { NodeId, RoomId, UserId } from '../protocol/ids.ts';
import { PLACEHOLDER, type RedisKeys } from '../redis/keys.ts';
import type { RedisScripts } from '../redis/scripts.ts';
import { type MemberScan, readPage } from './presence-pages-redis.ts';
import type {
  Joining,
  JoinResult,
  LeaveResult,
  MemberRecord,
  MembersPage,
  MembersQuery,
  PresenceStore,
} from './presence-store.ts';

interface Parts {
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
}

export class RedisPresenceStore implements PresenceStore {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async join(roomId: RoomId, joining: Joining): Promise<JoinResult> {
    const { scripts, keys } = this.#parts;
    const { userId, nodeId, door, capacity, rtcUids, name, avatar, level } = joining;
    const profile = JSON.stringify({ name, avatar, level });
    const args = [userId, nodeId, door, capacity, profile, keys.channel(roomId), ...rtcUids];
    const { outcome, values } = await scripts.run('join-room', keys.room(roomId), args);
    if (outcome === 'banned') return { status: 'banned', until: values[0] === '' ? null : Number(values[0]) };
    if (outcome !== 'joined') return { status: outcome as 'door' | 'full' | 'absent' | 'crowded' };
    const [member = '', again, count, epoch = '', version] = values;
    return {
      status: 'joined',
      member: parseMember(userId, member),
      again: again === '1',
      count: Number(count),
      epoch,
      version: Number(version),
    };
  }

  async leave(roomId: RoomId, session: { readonly userId: UserId; readonly fence: number }): Promise<LeaveResult> {
    const { scripts, keys } = this.#parts;
    const args = [session.userId, session.fence, keys.channel(roomId)];
    const { outcome } = await scripts.run('leave-room', keys.room(roomId), args);
    return outcome as LeaveResult;
  }

  async find(roomId: RoomId, userIds: readonly UserId[]): Promise<ReadonlyMap<string, MemberRecord>> {
    const { scripts, keys } = this.#parts;
    if (userIds.length === 0) return new Map();
    const texts = await scripts.send((redis) => redis.hmget(keys.members(roomId), ...userIds));
    const found = texts.flatMap((text, index) => (text ? [parseMember(userIds[index] as UserId, text)] : []));
    return new Map(found.map((member) => [member.userId, member]));
  }

  async count(roomId: RoomId): Promise<number> {
    const { scripts, keys } = this.#parts;
    return Math.max(0, (await scripts.send((redis) => redis.hlen(keys.members(roomId)))) - 1);
  }

  async sample(roomId: RoomId, limit: number): Promise<{ count: number; members: readonly MemberRecord[] }> {
    const count = await this.count(roomId);
    const scan = this.#scanOf(roomId);
    const members = new Map<string, MemberRecord>();
    // HSCAN brings about as many as are asked for, now and then some twice; a large hash is not walked to its end.
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
    const { scripts, keys } = this.#parts;
    return async (cursor, count) => {
      const [next, fields] = await scripts.send((redis) => redis.hscan(keys.members(roomId), cursor, 'COUNT', count));
      const members = fields.flatMap((userId, index) =>
        index % 2 === 0 && userId !== PLACEHOLDER ? [parseMember(userId as UserId, fields[index + 1] as string)] : [],
      );
      return { next, members };
    };
  }
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

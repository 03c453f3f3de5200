// Redis engine of the room store: the contract over redis/scripts.
import { stageUsers } from '../../domain/room.ts';
import { BugError } from '../../lang/assert.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import type { ReplicationIds } from '../../redis/replication-ids.ts';
import { fieldsOf, pairsOf } from '../../redis/reply.ts';
import type { RoomScripts } from '../../redis/room-scripts.ts';
import { type RedisScripts, STALE_WRITE } from '../../redis/scripts.ts';
import type { StoreClock } from '../../redis/store-clock.ts';
import {
  ANSWER_MEMORY_MS,
  type CommandKey,
  type Commit,
  type CommitRecord,
  type CommitResult,
  CREATE_COMMAND,
  commandName,
  type GuardedFence,
  type ReadSince,
  type RememberedAnswer,
  type RoomStore,
  type StoredRoom,
} from '../room-store.ts';
import type { SanctionChange } from '../sanction-store.ts';
import { RecoveryRequiredError } from '../store-errors.ts';
import { answerText, parseAnswer } from './answer-codec.ts';
import { decodeRoom, encodeChanged, encodePosition, encodeSections } from './room-codec.ts';
import { sanctionText } from './sanction-codec.ts';

interface RedisRoomStoreDeps {
  readonly scripts: RedisScripts;
  readonly roomScripts: RoomScripts;
  readonly keys: RedisKeys;
  readonly clock: StoreClock;
  readonly replicationIds: ReplicationIds;
}

export class RedisRoomStore implements RoomStore {
  readonly #deps: RedisRoomStoreDeps;

  constructor(deps: RedisRoomStoreDeps) {
    this.#deps = deps;
  }

  now(): number {
    return this.#deps.clock.now();
  }

  async create(room: StoredRoom, creation: CommandKey | null): Promise<'created' | 'exists' | 'closed'> {
    const { roomId, schema } = room.state;
    const fields = { ...encodePosition(room), schema: String(schema), ...encodeSections(room.state) };
    const remembered = creation
      ? [commandName(creation), answerText({ command: CREATE_COMMAND, answer: '{}' })]
      : ['', ''];
    const pinned = JSON.stringify([...stageUsers(room.state)]);
    const { replicationIds, roomScripts } = this.#deps;
    const args = [...remembered, pinned, replicationIds.accepted, ...Object.entries(fields).flat()];
    const { outcome } = await roomScripts.runTimed(roomId, 'create-room', args);
    return outcome as 'created' | 'exists' | 'closed';
  }

  async recall(roomId: RoomId, key: CommandKey): Promise<RememberedAnswer | null> {
    const { scripts, keys } = this.#deps;
    const text = await scripts.send(keys.answers(roomId), (redis, answers) => redis.hget(answers, commandName(key)));
    if (text === null || Number.parseInt(text, 10) <= this.now() - ANSWER_MEMORY_MS) return null;
    return parseAnswer(commandName(key), text);
  }

  async load(roomId: RoomId): Promise<StoredRoom | null> {
    const { outcome, values } = await this.#read(roomId, { epoch: '', version: 0 });
    return outcome === 'absent' ? null : decodeRoom(roomId, fieldsOf(values));
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const { before, change, now } = commit;
    const { roomId } = before.state;
    const sections = change
      ? {
          ...encodePosition(change.after),
          ...encodeChanged(before.state, change.after.state),
          ...(change.isClosing ? { isClosed: '1' } : {}),
        }
      : {};
    const { outcome, values } = await this.#deps.roomScripts.run(roomId, 'commit-room', [
      now,
      before.epoch,
      before.version,
      this.#deps.keys.channel(roomId),
      JSON.stringify(planOf(commit)),
      change ? JSON.stringify(change.record) : '',
      ...Object.entries(sections).flat(),
    ]);
    // The room was there under the replication id of the decision, so a room that is missing now was lost [H1].
    if (outcome === 'absent' && values[0] !== before.replicationId) throw new RecoveryRequiredError(roomId);
    return parseCommitResult(roomId, outcome, values);
  }

  async since(roomId: RoomId, position: { readonly epoch: string; readonly version: number }): Promise<ReadSince> {
    const { outcome, values } = await this.#read(roomId, position);
    if (outcome === 'absent') return { status: 'absent' };
    if (outcome === 'room') return { status: 'room', room: decodeRoom(roomId, fieldsOf(values)) };
    const [version, ...records] = values;
    return { status: 'records', version: Number(version), records: records.map(parseRecord) };
  }

  async keep(roomId: RoomId): Promise<void> {
    const { scripts, keys } = this.#deps;
    await scripts.run('keep-room', keys.room(roomId), []);
  }

  /** Reads the whole room for an empty epoch. */
  #read(roomId: RoomId, { epoch, version }: { readonly epoch: string; readonly version: number }) {
    return this.#deps.roomScripts.read(roomId, 'read-room', [epoch, version]);
  }
}

/** The part of a commit that the script reads as JSON; see commit-room.lua. */
function planOf(commit: Commit) {
  const sessions = (list: readonly GuardedFence[]) => list.map(({ userId, fence }) => [userId, String(fence ?? '')]);
  // The script imposes, then lifts. So only the last of several changes for one user is sent.
  const lastOf = new Map(commit.change?.sanctions.map((change) => [`${change.list}:${sanctioned(change)}`, change]));
  const sanctions = [...lastOf.values()];
  return {
    commandKeys: commit.commandKeys.map(commandName),
    guards: sessions(commit.guards),
    endedSessions: sessions(commit.endedSessions),
    removals: sessions(commit.removals),
    pin: commit.change?.pin ?? [],
    unpin: commit.change?.unpin ?? [],
    imposed: sanctions.flatMap((change) =>
      'imposed' in change ? [[change.list, change.imposed.userId, sanctionText(change.imposed)]] : [],
    ),
    lifted: sanctions.flatMap((change) => ('lifted' in change ? [[change.list, change.lifted]] : [])),
    onlyIfEmpty: commit.onlyIfEmpty,
    answers: commit.answers.map((answer) => [commandName(answer), answerText(answer)]),
    isClosing: commit.change?.isClosing ?? false,
  };
}

function parseCommitResult(roomId: RoomId, outcome: string, values: readonly string[]): CommitResult {
  switch (outcome) {
    case STALE_WRITE:
      return { status: 'late' };
    case 'committed':
    case 'absent':
    case 'occupied':
      return { status: outcome };
    case 'answered':
      return { status: 'answered', answers: pairsOf(values).map(([key, text]) => parseAnswer(key, text)) };
    case 'behind':
      return { status: 'behind', records: values.map(parseRecord) };
    case 'elsewhere':
      return { status: 'elsewhere', room: decodeRoom(roomId, fieldsOf(values)) };
    case 'refused':
      return {
        status: 'refused',
        fences: new Map(pairsOf(values).map(([userId, fence]) => [userId, fence === '' ? null : Number(fence)])),
      };
    default:
      throw new BugError(`commit-room answered ${outcome}`);
  }
}

const sanctioned = (change: SanctionChange): UserId => ('imposed' in change ? change.imposed.userId : change.lifted);

const parseRecord = (text: string): CommitRecord => JSON.parse(text) as CommitRecord;

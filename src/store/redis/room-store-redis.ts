// Redis engine of the room store: the contract over redis/scripts.
import { stageUsers } from '../../domain/room.ts';
import { BugError } from '../../lang/assert.ts';
import type { RoomId, UserId } from '../../protocol/ids.ts';
import { fieldsOf, pairsOf } from '../../redis/reply.ts';
import { STALE_WRITE } from '../../redis/scripts.ts';
import {
  ANSWER_MEMORY_MS,
  type Commit,
  type CommitChange,
  type CommitRecord,
  type CommitResult,
  CREATE_COMMAND,
  commandName,
  type GuardedFence,
  type RoomStore,
  type StoredRoom,
} from '../room-store.ts';
import type { SanctionChange } from '../sanction-store.ts';
import { RecoveryRequiredError } from '../store-errors.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';
import { decodeRoom, encodeChanged, encodePosition, encodeSections } from './room-codec.ts';
import { answerText, parseAnswer, sanctionText } from './text-codecs.ts';

export function redisRoomStore(deps: RedisStoreDeps): RoomStore {
  const { scripts, roomScripts, keys, storeClock, replicationIds } = deps;
  return {
    now: () => storeClock.now(),

    async create(room, creation) {
      const { roomId, schema } = room.state;
      const fields = { ...encodePosition(room), schema: String(schema), ...encodeSections(room.state) };
      const remembered = creation
        ? [commandName(creation), answerText({ command: CREATE_COMMAND, answer: '{}' })]
        : ['', ''];
      const pinned = JSON.stringify([...stageUsers(room.state)]);
      const args = [...remembered, pinned, replicationIds.accepted, ...Object.entries(fields).flat()];
      const { outcome } = await roomScripts.runTimed(roomId, 'create-room', args);
      return outcome as 'created' | 'exists' | 'closed';
    },

    async recall(roomId, key) {
      const name = commandName(key);
      const text = await scripts.send(keys.answers(roomId), (redis, answers) => redis.hget(answers, name));
      if (text === null || Number.parseInt(text, 10) <= storeClock.now() - ANSWER_MEMORY_MS) return null;
      return parseAnswer(name, text);
    },

    async load(roomId) {
      const { outcome, values } = await roomScripts.read(roomId, 'read-room', ['', 0]);
      return outcome === 'absent' ? null : decodeRoom(roomId, fieldsOf(values));
    },

    async commit(commit) {
      const { before, change, now } = commit;
      const { roomId } = before.state;
      const position = [now, before.epoch, before.version];
      const texts = [JSON.stringify(planOf(commit)), change ? JSON.stringify(change.record) : ''];
      const fields = change ? changedFields(before, change) : [];
      const args = [...position, keys.channel(roomId), ...texts, ...fields];
      const { outcome, values } = await roomScripts.run(roomId, 'commit-room', args);
      // The room was there under the replication id of the decision, so a room that is missing now was lost [H1].
      if (outcome === 'absent' && values[0] !== before.replicationId) throw new RecoveryRequiredError(roomId);
      return parseCommitResult(roomId, outcome, values);
    },

    async since(roomId, { epoch, version: after }) {
      const { outcome, values } = await roomScripts.read(roomId, 'read-room', [epoch, after]);
      if (outcome === 'absent') return { status: 'absent' };
      if (outcome === 'room') return { status: 'room', room: decodeRoom(roomId, fieldsOf(values)) };
      const [version, ...records] = values;
      return { status: 'records', version: Number(version), records: records.map(parseRecord) };
    },

    async keep(roomId) {
      await scripts.run('keep-room', keys.room(roomId), []);
    },
  };
}

/** The fields of the stored hash that a commit writes, each followed by its text. */
const changedFields = (before: StoredRoom, { after, isClosing }: CommitChange): string[] =>
  Object.entries({
    ...encodePosition(after),
    ...encodeChanged(before.state, after.state),
    ...(isClosing ? { isClosed: '1' } : {}),
  }).flat();

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

// Redis engine of the message store: the contract over redis/scripts.
import { BugError, must } from '../../lang/assert.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { type ScriptArguments, type ScriptName, type ScriptReply, STALE_WRITE } from '../../redis/scripts.ts';
import {
  type ChatCap,
  DELETE_COMMAND,
  type DeleteResult,
  type Deletion,
  type MessageStore,
  type NewMessage,
  SEND_COMMAND,
  SIGNAL_COMMAND,
  type Signal,
  type SignalResult,
  type WriteResult,
} from '../message-store.ts';
import { type CommandKey, commandName, type RememberedAnswer } from '../room-store.ts';
import { StaleWriteError } from '../store-errors.ts';
import type { RedisStoreDeps } from './redis-store-deps.ts';
import { parseAnswer, parseKept } from './text-codecs.ts';

export function redisMessageStore({ scripts, roomScripts, keys }: RedisStoreDeps): MessageStore {
  const run = async (roomId: RoomId, name: ScriptName, args: ScriptArguments): Promise<ScriptReply> => {
    const reply = await roomScripts.run(roomId, name, args);
    if (reply.outcome === STALE_WRITE) throw new StaleWriteError();
    return reply;
  };
  /** The arguments with which the scripts of one sender begin. */
  const sender = (roomId: RoomId, { session, key, decidedAt }: Deletion | Signal, command: string) => {
    const author = [session?.userId ?? '', session?.fence ?? '', key ? commandName(key) : ''];
    return [keys.channel(roomId), ...author, command, decidedAt ?? ''];
  };
  return {
    async write(roomId, messages, cap) {
      // All of a batch were sent together.
      const head = [keys.channel(roomId), SEND_COMMAND, messages[0]?.decidedAt ?? '', ...capArguments(cap)];
      const { outcome, values } = await run(roomId, 'write-messages', [...head, ...messages.flatMap(toArguments)]);
      if (outcome === 'absent') return messages.map(() => ({ status: 'absent' }));
      return messages.map(({ key }, index) =>
        parseVerdict(must(values[index], 'write-messages is short of a verdict'), key),
      );
    },

    async delete(roomId, deletion) {
      const { messageId, by, scope, key } = deletion;
      const args = [...sender(roomId, deletion, DELETE_COMMAND), messageId, by, scope];
      return parseReply<DeleteResult>(await run(roomId, 'delete-message', args), key);
    },

    async signal(roomId, signal) {
      const args = [...sender(roomId, signal, SIGNAL_COMMAND), signal.to, JSON.stringify(signal.data)];
      return parseReply<SignalResult>(await run(roomId, 'signal-room', args), signal.key);
    },

    async recent(roomId) {
      return (await scripts.send(keys.chat(roomId), (redis, key) => redis.lrange(key, 0, -1))).flatMap(parseKept);
    },
  };
}

/** The members above which the cap holds, and its limits for further lines, first lines and mentions. */
const capArguments = (cap?: ChatCap): (string | number)[] =>
  cap ? [cap.above, cap.shares.again, cap.shares.first, cap.shares.mention] : ['', '', '', ''];

function toArguments({ session, key, messageId, message, rank }: NewMessage): (string | number)[] {
  const userId = session?.userId ?? (message.kind === 'reaction' ? '' : message.from.userId);
  const head = [userId, session?.fence ?? '', key ? commandName(key) : '', messageId];
  if (message.kind === 'reaction') return [...head, 'summed', JSON.stringify(message.key), message.count, rank];
  return [...head, message.kind === 'chat' ? 'kept' : 'told', JSON.stringify(message), 0, rank];
}

function parseVerdict(text: string, key: CommandKey | null): WriteResult {
  const [status = '', ...rest] = text.split('|');
  switch (status) {
    case 'said':
    case 'unshown':
      return { status: 'said', at: Number(rest[0]), isShown: status === 'said' };
    case 'silenced':
      return { status, until: rest[0] === '' ? null : Number(rest[0]) };
    case 'answered':
      return { status, answer: answerOf(key, rest.join('|')) };
    case 'gone':
    case 'closed':
      return { status };
    default:
      throw new BugError(`write-messages judged ${status}`);
  }
}

function parseReply<Result extends DeleteResult | SignalResult>(
  { outcome, values }: ScriptReply,
  key: CommandKey | null,
): Result {
  if (outcome !== 'answered') return { status: outcome } as Result;
  return { status: outcome, answer: answerOf(key, values[0] ?? '') } as Result;
}

const answerOf = (key: CommandKey | null, text: string): RememberedAnswer =>
  parseAnswer(commandName(must(key, 'an answer to a command without an id')), text);

// Redis engine of the message store: the contract over redis/scripts.
import { BugError, must } from '../../lang/assert.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import type { RoomScripts } from '../../redis/room-scripts.ts';
import {
  type RedisScripts,
  type ScriptArguments,
  type ScriptName,
  type ScriptReply,
  STALE_WRITE,
} from '../../redis/scripts.ts';
import {
  type ChatCap,
  DELETE_COMMAND,
  type DeleteResult,
  type Deletion,
  type KeptMessage,
  type MessageStore,
  type NewMessage,
  SEND_COMMAND,
  SIGNAL_COMMAND,
  type Signal,
  type SignalResult,
  type WriteResult,
} from '../message-store.ts';
import { type CommandKey, commandName, type RememberedAnswer, type SessionFence, type Timed } from '../room-store.ts';
import { StaleWriteError } from '../store-errors.ts';
import { parseAnswer } from './answer-codec.ts';
import { parseKept } from './message-codec.ts';

interface RedisMessageStoreDeps {
  readonly scripts: RedisScripts;
  readonly roomScripts: RoomScripts;
  readonly keys: RedisKeys;
}

interface Sender extends Timed {
  readonly session: SessionFence | null;
  readonly key: CommandKey | null;
}

export class RedisMessageStore implements MessageStore {
  readonly #deps: RedisMessageStoreDeps;

  constructor(deps: RedisMessageStoreDeps) {
    this.#deps = deps;
  }

  async write(roomId: RoomId, messages: readonly NewMessage[], cap?: ChatCap): Promise<readonly WriteResult[]> {
    // All of a batch were sent together.
    const sent = messages[0]?.decidedAt ?? '';
    const args = [this.#deps.keys.channel(roomId), SEND_COMMAND, sent, ...capArguments(cap)];
    const reply = await this.#run(roomId, 'write-messages', [...args, ...messages.flatMap(toArguments)]);
    if (reply.outcome === 'absent') return messages.map(() => ({ status: 'absent' }));
    return messages.map(({ key }, index) =>
      parseVerdict(must(reply.values[index], 'write-messages is short of a verdict'), key),
    );
  }

  async delete(roomId: RoomId, deletion: Deletion): Promise<DeleteResult> {
    const { messageId, by, scope, key } = deletion;
    const args = [...this.#sender(roomId, deletion, DELETE_COMMAND), messageId, by, scope];
    const reply = await this.#run(roomId, 'delete-message', args);
    return parseReply<DeleteResult>(reply, key);
  }

  async signal(roomId: RoomId, signal: Signal): Promise<SignalResult> {
    const args = [...this.#sender(roomId, signal, SIGNAL_COMMAND), signal.to, JSON.stringify(signal.data)];
    const reply = await this.#run(roomId, 'signal-room', args);
    return parseReply<SignalResult>(reply, signal.key);
  }

  async recent(roomId: RoomId): Promise<readonly KeptMessage[]> {
    const { scripts, keys } = this.#deps;
    const entries = await scripts.send(keys.chat(roomId), (redis, key) => redis.lrange(key, 0, -1));
    return entries.flatMap(parseKept);
  }

  async #run(roomId: RoomId, name: ScriptName, args: ScriptArguments): Promise<ScriptReply> {
    const reply = await this.#deps.roomScripts.run(roomId, name, args);
    if (reply.outcome === STALE_WRITE) throw new StaleWriteError();
    return reply;
  }

  /** The arguments with which the scripts of one sender begin. */
  #sender(roomId: RoomId, { session, key, decidedAt }: Sender, command: string): (string | number)[] {
    const channel = this.#deps.keys.channel(roomId);
    const author = [session?.userId ?? '', session?.fence ?? '', key ? commandName(key) : ''];
    return [channel, ...author, command, decidedAt ?? ''];
  }
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

// Redis engine of the message store: the contract over redis/scripts. Must not know rules.
import { BugError, must } from '../../lang/assert.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import type { RoomScripts } from '../../redis/room-scripts.ts';
import type { RedisScripts, ScriptReply } from '../../redis/scripts.ts';
import {
  CAP_SHARES,
  type ChatCap,
  DELETE,
  type DeleteResult,
  type Deletion,
  type KeptMessage,
  MESSAGES_KEPT,
  type MessageStore,
  type NewMessage,
  SEND,
  SIGNAL,
  type Signal,
  type SignalResult,
  type WriteResult,
} from '../message-store.ts';
import {
  ANSWER_MEMORY_MS,
  CLOCK_TOLERANCE_MS,
  type CommandKey,
  commandName,
  type RememberedAnswer,
  type SessionFence,
  type Timed,
} from '../room-store.ts';
import { StaleWriteError } from '../store-errors.ts';
import { ANSWER_PRUNE_MS, parseAnswer } from './answer-codec.ts';
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

  async write(roomId: RoomId, sayings: readonly NewMessage[], cap?: ChatCap): Promise<readonly WriteResult[]> {
    const { roomScripts, keys } = this.#deps;
    const args = [keys.channel(roomId), MESSAGES_KEPT, ANSWER_MEMORY_MS, ANSWER_PRUNE_MS, SEND, ...capArguments(cap)];
    // All of a batch were sent together.
    const sent = sentArguments(sayings[0] ?? {});
    const reply = await roomScripts.run(roomId, 'write-messages', [...args, ...sent, ...sayings.flatMap(toArguments)]);
    if (reply.outcome === 'late') throw new StaleWriteError('it was on its way for too long');
    if (reply.outcome === 'absent') return sayings.map(() => ({ status: 'absent' }));
    return sayings.map(({ key }, index) =>
      parseVerdict(must(reply.values[index], 'write-messages is short of a verdict'), key),
    );
  }

  async delete(roomId: RoomId, deletion: Deletion): Promise<DeleteResult> {
    const { messageId, by, scope, key } = deletion;
    const args = [...this.#sender(roomId, deletion, DELETE), messageId, by, scope];
    const reply = await this.#deps.roomScripts.run(roomId, 'delete-message', args);
    return parseReply<DeleteResult>(reply, key);
  }

  async signal(roomId: RoomId, signal: Signal): Promise<SignalResult> {
    const args = [...this.#sender(roomId, signal, SIGNAL), signal.to, JSON.stringify(signal.data)];
    const reply = await this.#deps.roomScripts.run(roomId, 'signal-room', args);
    return parseReply<SignalResult>(reply, signal.key);
  }

  async recent(roomId: RoomId): Promise<readonly KeptMessage[]> {
    const { scripts, keys } = this.#deps;
    const entries = await scripts.send(keys.chat(roomId), (redis, key) => redis.lrange(key, 0, -1));
    return entries.flatMap(parseKept);
  }

  /** The arguments with which every script of one sender begins. */
  #sender(roomId: RoomId, sender: Sender, command: string): (string | number)[] {
    const { session, key } = sender;
    const channel = this.#deps.keys.channel(roomId);
    const who = [session?.userId ?? '', session?.fence ?? '', key ? commandName(key) : ''];
    return [channel, ...who, ANSWER_MEMORY_MS, ANSWER_PRUNE_MS, command, ...sentArguments(sender)];
  }
}

/** When it was sent, and how much later it may happen. */
const sentArguments = ({ decidedAt }: Timed): (string | number)[] => [decidedAt ?? '', CLOCK_TOLERANCE_MS];

/** Above how many members, and what is shown there in a second of lines again, first lines and mentions. */
const capArguments = (cap?: ChatCap): (string | number)[] =>
  cap
    ? [cap.above, ...[CAP_SHARES.again, CAP_SHARES.first, CAP_SHARES.mention].map((share) => share * cap.perSecond)]
    : ['', '', '', ''];

function toArguments({ session, key, messageId, message, rank }: NewMessage): (string | number)[] {
  const userId = session?.userId ?? (message.kind === 'reaction' ? '' : message.from.userId);
  const who = [userId, session?.fence ?? '', key ? commandName(key) : '', messageId];
  if (message.kind === 'reaction') return [...who, 'summed', JSON.stringify(message.key), message.count, rank];
  return [...who, message.kind === 'chat' ? 'kept' : 'told', JSON.stringify(message), 0, rank];
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
  if (outcome === 'late') throw new StaleWriteError('it was on its way for too long');
  if (outcome !== 'answered') return { status: outcome } as Result;
  return { status: outcome, answer: answerOf(key, values[0] ?? '') } as Result;
}

const answerOf = (key: CommandKey | null, text: string): RememberedAnswer =>
  parseAnswer(commandName(must(key, 'an answer to a command without an id')), text);

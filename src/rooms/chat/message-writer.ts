// Writes messages of this node's members and of the app's backend: permission, batches, store (MSG-1, MSG-4, MSG-6).
import type { MemberActor, ServiceActor } from '../../domain/actor.ts';
import {
  CAPPED_ROOM_MEMBERS,
  mayDeleteAny,
  messageRank,
  messageRefusal,
  messageShares,
} from '../../domain/messages.ts';
import type { RoomState } from '../../domain/room.ts';
import type { Ambient } from '../../ops/ambient.ts';
import type { Payload } from '../../protocol/commands.ts';
import type { MessageId, RoomId } from '../../protocol/ids.ts';
import { BODY_MAX_BYTES, type MessageInput, type MessageSender, SIGNAL_MAX_BYTES } from '../../protocol/messages.ts';
import { tooLarge } from '../../protocol/payload.ts';
import {
  DELETE_COMMAND,
  type DeleteResult,
  type Deletion,
  type MessageStore,
  type NewMessage,
  SEND_COMMAND,
  SIGNAL_COMMAND,
  type SignalResult,
  type WriteResult,
} from '../../store/message-store.ts';
import type { CommandKey } from '../../store/room-store.ts';
import { fail, type Outcome, rejectionFor, repeatAnswer, retryLater, succeed } from '../contract/outcome.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { CopyValidity } from '../recovery/copy-validity.ts';
import { retryAfterRecovery } from '../recovery/recovery.ts';
import type { RoomCopy } from '../turns/room-replica.ts';
import { MessageBatcher } from './message-batcher.ts';

interface MessageWriterDeps extends Ambient, Pick<RoomDeps, 'chatShownPerSecond'> {
  readonly roomId: RoomId;
  readonly store: MessageStore;
  readonly copy: RoomCopy;
  readonly room: {
    /** Brings the copy up to date; rejects when the store does not answer. */
    catchUp(): Promise<void>;
    readonly copyValidity: Pick<CopyValidity, 'recover'>;
  };
}

/** A member with their profile, or the app's backend under a name of its choice. */
export interface MessageAuthor {
  readonly actor: MemberActor | ServiceActor;
  readonly from: MessageSender;
  readonly key: CommandKey | null;
}

interface MessageJob extends MessageAuthor {
  readonly messageId: MessageId;
  readonly input: MessageInput;
  readonly resolve: (outcome: Outcome) => void;
}

/** The random part of an id: 48 bits, drawn by each node each time it activates the room. */
const ID_RANDOM_CHARS = 8;

export class MessageWriter {
  readonly #deps: MessageWriterDeps;
  /** Ids of one node and room differ by a counter: short on the wire, and nearly free when compressed. */
  readonly #idPrefix: string;
  #messages = 0;
  readonly #queue: MessageBatcher<MessageJob>;

  constructor(deps: MessageWriterDeps) {
    this.#deps = deps;
    this.#idPrefix = deps.random.id().slice(0, ID_RANDOM_CHARS);
    this.#queue = new MessageBatcher(deps.clock, (jobs) => this.#writeAll(jobs));
  }

  /** Writes what waits; resolves when nothing waits or runs. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Resolves to `{ messageId, at }` once the store has the message. Never rejects. */
  write(author: MessageAuthor, input: MessageInput): Promise<Outcome> {
    const excess = input.kind === 'gift' || input.kind === 'custom' ? tooLarge(input.body, BODY_MAX_BYTES) : null;
    if (excess) return Promise.resolve({ ok: false, rejection: excess });
    this.#messages++;
    const messageId = `${this.#idPrefix}${this.#messages.toString(36)}` as MessageId;
    return new Promise((resolve) => {
      const job = { ...author, messageId, input, resolve };
      if (!this.#queue.add(job, input.kind === 'reaction' ? 'soon' : 'now')) {
        resolve({ ok: false, rejection: retryLater('OVERLOADED') });
      }
    });
  }

  /** One batch: answers every job, never rejects. */
  async #writeAll(jobs: readonly MessageJob[]): Promise<void> {
    const { roomId, store, logger, copy, room } = this.#deps;
    try {
      const admitted = await this.#admit(jobs);
      if (admitted.length === 0) return;
      const { state } = copy.current;
      const cap = { above: CAPPED_ROOM_MEMBERS, shares: messageShares(this.#deps.chatShownPerSecond) };
      const messages = admitted.map((job) => toNewMessage(job, state));
      const results = await retryAfterRecovery(
        () => store.write(roomId, messages, cap),
        () => room.copyValidity.recover(),
      );
      admitted.forEach((job, index) => {
        job.resolve(outcomeOf(job, results[index]));
      });
    } catch (error) {
      const rejection = rejectionFor(error);
      if (!rejection) logger.error({ event: 'room.messages.failed', error, roomId }, 'A batch of messages failed.');
      for (const { resolve } of jobs) resolve({ ok: false, rejection: rejection ?? { code: 'INTERNAL' } });
    }
  }

  /** The jobs whose author may write. The others are refused, but only once the copy is up to date. */
  async #admit(jobs: readonly MessageJob[]): Promise<readonly MessageJob[]> {
    const { copy, room } = this.#deps;
    const refusalOf = ({ actor, input }: MessageJob) => messageRefusal(copy.current.state, actor, input.kind);
    if (jobs.some(refusalOf)) await room.catchUp();
    return jobs.filter((job) => {
      const refusal = refusalOf(job);
      if (refusal) job.resolve({ ok: false, rejection: refusal });
      return !refusal;
    });
  }

  /** Rejects when the store does not answer. */
  async delete({ actor, from, key }: MessageAuthor, messageId: MessageId): Promise<Outcome> {
    const { roomId, store, copy, room } = this.#deps;
    const session = actor.kind === 'member' ? actor : null;
    const mayAny = () => mayDeleteAny(copy.current.state, actor);
    const attempt = (scope: Deletion['scope']) =>
      store.delete(roomId, { session, key, messageId, by: from.userId, scope });
    if (mayAny()) return deletedOutcome(await attempt('any'), messageId);
    const deleted = await attempt('own');
    if (deleted.status !== 'notOwn' && deleted.status !== 'unknown') return deletedOutcome(deleted, messageId);
    // The author may have become staff a moment ago.
    await room.catchUp();
    return deletedOutcome(mayAny() ? await attempt('any') : deleted, messageId);
  }

  /** Delivered at most once: a signal to an absent client is dropped. Rejects when the store does not answer. */
  async signal(actor: MemberActor, payload: Payload<'signal:send'>, key: CommandKey | null): Promise<Outcome> {
    const { to, data } = payload;
    const excess = tooLarge(data, SIGNAL_MAX_BYTES);
    if (excess) return { ok: false, rejection: excess };
    const result = await this.#deps.store.signal(this.#deps.roomId, { session: actor, key, to, data });
    if (result.status === 'sent') return succeed();
    return result.status === 'unknown'
      ? fail('TARGET_NOT_FOUND', { userId: to })
      : refusedOutcome(result, SIGNAL_COMMAND);
  }
}

function toNewMessage({ actor, from, key, messageId, input }: MessageJob, room: RoomState): NewMessage {
  const session = actor.kind === 'member' ? actor : null;
  const message = toMessage({ messageId, from }, input);
  return { session, key, messageId, message, rank: messageRank(room, actor, input) };
}

/** The message as members get it; the payload has more fields. */
const toMessage = (head: { messageId: MessageId; from: MessageSender }, input: MessageInput): NewMessage['message'] =>
  input.kind === 'reaction'
    ? { kind: input.kind, key: input.body.key, count: input.body.count }
    : ({ ...head, kind: input.kind, body: input.body } as NewMessage['message']);

function outcomeOf({ messageId }: MessageJob, result: WriteResult | undefined): Outcome {
  if (!result) return fail('INTERNAL');
  if (result.status === 'said') {
    return succeed({ messageId, at: result.at, ...(result.isShown ? {} : { shown: false }) });
  }
  if (result.status === 'silenced') return fail('SILENCED', { until: result.until });
  return refusedOutcome(result, SEND_COMMAND);
}

function deletedOutcome(result: DeleteResult, messageId: MessageId): Outcome {
  switch (result.status) {
    case 'deleted':
      return succeed();
    case 'notOwn':
      return fail('FORBIDDEN', { messageId });
    case 'unknown':
      return fail('TARGET_NOT_FOUND', { messageId });
    default:
      return refusedOutcome(result, DELETE_COMMAND);
  }
}

type RefusedResult = Extract<SignalResult, { status: 'answered' | 'gone' | 'closed' | 'absent' }>;

function refusedOutcome(result: RefusedResult, command: string): Outcome {
  switch (result.status) {
    case 'answered':
      return repeatAnswer(result.answer, command);
    case 'gone':
      return fail('NOT_A_MEMBER');
    case 'closed':
      return fail('ROOM_CLOSED');
    case 'absent':
      return fail('ROOM_NOT_FOUND');
  }
}

// What members and services of this node say in a room: judged, put into batches, handed to the store (MSG-1, MSG-4, MSG-6).
// Must not know who hears it (talk) or any connection.
import type { MemberActor, ServiceActor } from '../../domain/actor.ts';
import { CAPPED_ROOM_MEMBERS, mayDeleteAny, messageShares, rankOfSpeech, speechRefusal } from '../../domain/messages.ts';
import type { RoomState } from '../../domain/room.ts';
import type { Clock } from '../../ops/clock.ts';
import type { Logger } from '../../ops/logger.ts';
import type { Random } from '../../ops/random.ts';
import type { Payload } from '../../protocol/commands.ts';
import type { MessageId, RoomId } from '../../protocol/ids.ts';
import { BODY_MAX_BYTES, type MessageSender, type Said, SIGNAL_MAX_BYTES } from '../../protocol/messages.ts';
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
import { retryAfterRecovery } from '../recovery/recovery.ts';
import { MessageBatcher } from './message-batcher.ts';

interface MessageWriterDeps {
  readonly roomId: RoomId;
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The room as it is on this node. */
  readonly state: () => RoomState;
  /** Makes that the newest there is. */
  readonly catchUp: () => Promise<void>;
  /** Settles the room; true when that needed no waiting. Never rejects. */
  readonly settle: () => Promise<boolean>;
  /** How much chat is shown in a second where not all of it is (MSG-7). */
  readonly chatShownPerSecond: number;
}

/** Who speaks: a member, who is shown as he is, or the app's backend under a name of its choice. */
export interface MessageAuthor {
  readonly actor: MemberActor | ServiceActor;
  readonly from: MessageSender;
  readonly key: CommandKey | null;
}

interface MessageJob extends MessageAuthor {
  readonly messageId: MessageId;
  readonly said: Said;
  readonly resolve: (outcome: Outcome) => void;
}

/** So much of an id is random: 48 bits, drawn anew by each node each time it opens the room. */
const ID_RANDOM_CHARS = 8;

export class MessageWriter {
  readonly #deps: MessageWriterDeps;
  /** Ids of one node and room differ by a count, which costs less on the wire than chance, and deflates to next to nothing. */
  readonly #idPrefix: string;
  #messages = 0;
  readonly #queue: MessageBatcher<MessageJob>;

  constructor(deps: MessageWriterDeps) {
    this.#deps = deps;
    this.#idPrefix = deps.random.id().slice(0, ID_RANDOM_CHARS);
    this.#queue = new MessageBatcher(deps.clock, (jobs) => this.#writeAll(jobs));
  }

  /** Resolves when nothing waits to be said. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Answers `{ messageId, at }` once the store has it. Never rejects. */
  write(speaker: MessageAuthor, said: Said): Promise<Outcome> {
    const excess = said.kind === 'gift' || said.kind === 'custom' ? tooLarge(said.body, BODY_MAX_BYTES) : null;
    if (excess) return Promise.resolve({ ok: false, rejection: excess });
    const messageId = this.#nextId();
    return new Promise((resolve) => {
      const job = { ...speaker, messageId, said, resolve };
      if (!this.#queue.add(job, said.kind === 'reaction' ? 'soon' : 'now')) {
        resolve({ ok: false, rejection: retryLater('OVERLOADED') });
      }
    });
  }

  #nextId(): MessageId {
    this.#messages++;
    return `${this.#idPrefix}${this.#messages.toString(36)}` as MessageId;
  }

  /** One batch: settles every job, never rejects. */
  async #writeAll(jobs: readonly MessageJob[]): Promise<void> {
    const { roomId, store, logger } = this.#deps;
    try {
      const admitted = await this.#admit(jobs);
      if (admitted.length === 0) return;
      const room = this.#deps.state();
      const cap = { above: CAPPED_ROOM_MEMBERS, shares: messageShares(this.#deps.chatShownPerSecond) };
      const sayings = admitted.map((job) => toNewMessage(job, room));
      const results = await retryAfterRecovery(() => store.write(roomId, sayings, cap), this.#deps.settle);
      admitted.forEach((job, index) => {
        job.resolve(outcomeOf(job, results[index]));
      });
    } catch (error) {
      const rejection = rejectionFor(error);
      if (!rejection) logger.error({ error, roomId }, 'a batch of messages failed');
      for (const { resolve } of jobs) resolve({ ok: false, rejection: rejection ?? { code: 'INTERNAL' } });
    }
  }

  /** Those who may speak. The others are refused, but not before this node knows the room as it is now. */
  async #admit(jobs: readonly MessageJob[]): Promise<readonly MessageJob[]> {
    const refusalOf = ({ actor, said }: MessageJob) => speechRefusal(this.#deps.state(), actor, said.kind);
    if (jobs.some(refusalOf)) await this.#deps.catchUp();
    return jobs.filter((job) => {
      const refusal = refusalOf(job);
      if (refusal) job.resolve({ ok: false, rejection: refusal });
      return !refusal;
    });
  }

  /** Rejects when the store does not answer. */
  async delete({ actor, from, key }: MessageAuthor, messageId: MessageId): Promise<Outcome> {
    const { roomId, store, state, catchUp } = this.#deps;
    const attempt = () => {
      const scope: Deletion['scope'] = mayDeleteAny(state(), actor) ? 'any' : 'own';
      const session = actor.kind === 'member' ? actor : null;
      return { scope, result: store.delete(roomId, { session, key, messageId, by: from.userId, scope }) };
    };
    const { scope, result } = attempt();
    let settled = await result;
    if (scope === 'own' && (settled.status === 'notOwn' || settled.status === 'unknown')) {
      // He may have become staff a moment ago.
      await catchUp();
      if (mayDeleteAny(state(), actor)) settled = await attempt().result;
    }
    return deletedOutcome(settled, messageId);
  }

  /** At most once: what nobody takes is gone. Rejects when the store does not answer. */
  async signal(actor: MemberActor, payload: Payload<'signal:send'>, key: CommandKey | null): Promise<Outcome> {
    const { to, data } = payload;
    const excess = tooLarge(data, SIGNAL_MAX_BYTES);
    if (excess) return { ok: false, rejection: excess };
    const result = await this.#deps.store.signal(this.#deps.roomId, { session: actor, key, to, data });
    if (result.status === 'sent') return succeed();
    return result.status === 'unknown' ? fail('TARGET_NOT_FOUND', { userId: to }) : refusedOutcome(result, SIGNAL_COMMAND);
  }
}

function toNewMessage({ actor, from, key, messageId, said }: MessageJob, room: RoomState): NewMessage {
  const session = actor.kind === 'member' ? actor : null;
  const message = toMessage({ messageId, from }, said);
  return { session, key, messageId, message, rank: rankOfSpeech(room, actor, said) };
}

/** What is said as the others are to hear it; the payload has more fields than are told. */
function toMessage(head: { messageId: MessageId; from: MessageSender }, said: Said): NewMessage['message'] {
  switch (said.kind) {
    case 'reaction':
      return { kind: said.kind, key: said.body.key, count: said.body.count };
    case 'chat':
      return { ...head, kind: said.kind, body: said.body };
    default:
      return { ...head, kind: said.kind, body: said.body };
  }
}

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

// Memory engine of the message store, on the tables of the room store.
import type { MessageText } from '../../feed/room-feed.ts';
import type { RoomId } from '../../protocol/ids.ts';
import {
  type ChatCap,
  DELETE_COMMAND,
  type DeleteResult,
  type Deletion,
  type KeptMessage,
  MESSAGES_KEPT,
  type MessageStore,
  type NewMessage,
  SEND_COMMAND,
  SIGNAL_COMMAND,
  type Signal,
  type SignalResult,
  type WriteResult,
} from '../message-store.ts';
import type { CommandKey, SessionFence } from '../room-store.ts';
import { isInForce } from '../sanction-store.ts';
import { type MemoryTables, type RoomTable, recall, remember } from './tables-memory.ts';

type Hindrance = Extract<DeleteResult, { status: 'gone' | 'closed' | 'absent' | 'answered' }>;

export class MemoryMessageStore implements MessageStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async write(roomId: RoomId, batch: readonly NewMessage[], cap?: ChatCap): Promise<readonly WriteResult[]> {
    this.#tables.refuseStale(batch[0] ?? {});
    const table = this.#tables.usable(roomId);
    const texts: MessageText[] = [];
    const sums = new Map<string, number>();
    const results = batch.map((one): WriteResult => {
      const result = this.#judge(table, one);
      if (result.status !== 'said' || !table) return result;
      const { message, messageId, key } = one;
      if (!isShown(table, one, { cap, now: result.at })) {
        this.#remember(table, key, { command: SEND_COMMAND, answer: { messageId, at: result.at, shown: false } });
        return { ...result, isShown: false };
      }
      if (message.kind === 'reaction') {
        sums.set(message.key, (sums.get(message.key) ?? 0) + message.count);
      } else {
        const stamped = structuredClone({ ...message, at: result.at });
        const { userId } = stamped.from;
        const kind = stamped.kind === 'chat' ? 'kept' : 'told';
        texts.push({ kind, messageId, userId, json: JSON.stringify(stamped) });
        if (stamped.kind === 'chat') table.chat = [...table.chat, { messageId, userId, message: stamped }];
      }
      this.#remember(table, key, { command: SEND_COMMAND, answer: { messageId, at: result.at } });
      return result;
    });
    if (table) table.chat = table.chat.slice(-MESSAGES_KEPT);
    const messages = [...texts, ...[...sums].map(([key, count]) => ({ kind: 'summed' as const, key, count }))];
    if (messages.length > 0) this.#tables.announce(roomId, { kind: 'messages', messages });
    return results;
  }

  #judge(table: RoomTable | null, { session, key }: NewMessage): WriteResult {
    const hindrance = this.#hindrance(table, { session, key });
    if (hindrance) return hindrance;
    const now = this.#tables.clock.now();
    const silence = session && table?.silences.get(session.userId);
    return silence && isInForce(silence, now)
      ? { status: 'silenced', until: silence.until }
      : { status: 'said', at: now, isShown: true };
  }

  async delete(roomId: RoomId, deletion: Deletion): Promise<DeleteResult> {
    this.#tables.refuseStale(deletion);
    const { session, key, messageId, by, scope } = deletion;
    const table = this.#tables.usable(roomId);
    const hindrance = this.#hindrance(table, { session, key });
    if (hindrance || !table) return hindrance ?? { status: 'absent' };
    const kept = table.chat.find((one) => one.messageId === messageId);
    if (scope === 'own') {
      if (!kept) return { status: 'unknown' };
      if (kept.userId !== session?.userId) return { status: 'notOwn' };
    }
    if (kept && 'deletedBy' in kept) return { status: 'deleted' };
    table.chat = table.chat.map((one) => (one === kept ? { messageId, userId: one.userId, deletedBy: by } : one));
    this.#remember(table, key, { command: DELETE_COMMAND, answer: {} });
    this.#tables.announce(roomId, { kind: 'deleted', messageId, by });
    return { status: 'deleted' };
  }

  async signal(roomId: RoomId, signal: Signal): Promise<SignalResult> {
    this.#tables.refuseStale(signal);
    const { session, key, to, data } = signal;
    const table = this.#tables.usable(roomId);
    const hindrance = this.#hindrance(table, { session, key });
    if (hindrance || !table) return hindrance ?? { status: 'absent' };
    if (!table.members.has(to)) return { status: 'unknown' };
    this.#remember(table, key, { command: SIGNAL_COMMAND, answer: {} });
    this.#tables.announce(roomId, { kind: 'signal', from: session.userId, to, data: structuredClone(data) });
    return { status: 'sent' };
  }

  async recent(roomId: RoomId): Promise<readonly KeptMessage[]> {
    return this.#tables.get(roomId)?.chat ?? [];
  }

  #hindrance(
    table: RoomTable | null,
    sender: { session: SessionFence | null; key: CommandKey | null },
  ): Hindrance | null {
    if (!table) return { status: 'absent' };
    const { session, key } = sender;
    const answer = key && recall(table, key, this.#tables.clock.now());
    if (answer) return { status: 'answered', answer };
    if (table.room.state.closed) return { status: 'closed' };
    if (session && table.members.get(session.userId)?.fence !== session.fence) return { status: 'gone' };
    return null;
  }

  #remember(table: RoomTable, key: CommandKey | null, given: { command: string; answer: object }): void {
    if (!key) return;
    const answer = { ...key, command: given.command, answer: JSON.stringify(given.answer) };
    remember(table, answer, this.#tables.clock.now());
  }
}

/** Whether the cap has room for one more message of that rank [M6]. Counts it if so. */
function isShown(
  table: RoomTable,
  { message, session, rank }: NewMessage,
  at: { cap?: ChatCap | undefined; now: number },
) {
  const { cap, now } = at;
  if (!cap || message.kind === 'reaction' || table.members.size <= cap.above) return true;
  const second = now - (now % 1000);
  if (table.shown?.second !== second) table.shown = { second, count: 0, senders: new Set() };
  const { shown } = table;
  const sender = session?.userId ?? message.from.userId;
  const share = rank === 'mention' ? 'mention' : shown.senders.has(sender) ? 'again' : 'first';
  if (rank !== 'always' && shown.count >= cap.shares[share]) return false;
  shown.count++;
  shown.senders.add(sender);
  return true;
}

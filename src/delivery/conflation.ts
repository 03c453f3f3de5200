// Turns broadcasts into packets: one packet for what belongs together, one sum for what can be summed (MSG-2). Pure.
import type { BacklogLevel, Broadcast, Stream } from './broadcast.ts';
import type { Packet } from './frames.ts';

type AudienceBroadcast = Extract<Broadcast, { kind: 'audience' }>;

/**
 * The packets for recipients with that stream and backlog level. Updates, messages and deletions keep their order.
 * Reactions, one sum for each key, come behind the messages. Audience news come last, because nothing depends on where
 * they stand.
 */
export function conflate(
  roomId: string,
  broadcasts: readonly Broadcast[],
  { stream, level }: { readonly stream: Stream; readonly level: BacklogLevel },
): Packet[] {
  const builder = new PacketBuilder(JSON.stringify(roomId));
  for (const broadcast of broadcasts) {
    if (broadcast.kind === 'update') {
      const json = stream === 'paused' ? null : broadcast.jsonFor[stream];
      if (json !== null) builder.addUpdate(broadcast.epoch, json);
    } else if (isIncluded(broadcast, level)) {
      builder.add(broadcast);
    }
  }
  return builder.finish();
}

/** A deletion is always included: a message that a moderator removed must go from every screen, however slow. */
function isIncluded({ kind }: Broadcast, level: BacklogLevel): boolean {
  if (kind === 'update' || kind === 'deletion') return true;
  return level === 'all' || (level === 'noReactions' && kind !== 'reaction');
}

class PacketBuilder {
  readonly #roomJson: string;
  readonly #packets: Packet[] = [];
  /** The packet that still takes items: the text before its array, and the items. */
  #open: { readonly event: Packet['event']; readonly head: string; readonly items: string[] } | null = null;
  readonly #reactions = new Map<string, number>();
  readonly #audience: AudienceBroadcast[] = [];

  constructor(roomJson: string) {
    this.#roomJson = roomJson;
  }

  addUpdate(epoch: string, json: string): void {
    this.#addItem('room:events', `"epoch":${JSON.stringify(epoch)},"updates":[`, json);
  }

  add(broadcast: Exclude<Broadcast, { kind: 'update' }>): void {
    switch (broadcast.kind) {
      case 'message':
        this.#addItem('room:messages', '"messages":[', broadcast.json);
        return;
      case 'deletion':
        this.#close();
        this.#packets.push({ event: 'message:deleted', text: `2["message:deleted",${broadcast.json}]`, items: 1 });
        return;
      case 'reaction':
        this.#reactions.set(broadcast.key, (this.#reactions.get(broadcast.key) ?? 0) + broadcast.count);
        return;
      case 'audience':
        this.#audience.push(broadcast);
    }
  }

  finish(): Packet[] {
    for (const [key, count] of this.#reactions) {
      this.#addItem('room:messages', '"messages":[', JSON.stringify({ kind: 'reaction', key, count }));
    }
    this.#close();
    const newest = this.#audience.at(-1);
    if (newest) this.#addAudience(newest.count);
    return this.#packets;
  }

  #addItem(event: Packet['event'], head: string, item: string): void {
    if (this.#open?.event !== event || this.#open.head !== head) {
      this.#close();
      this.#open = { event, head, items: [] };
    }
    this.#open.items.push(item);
  }

  #close(): void {
    if (!this.#open) return;
    const { event, head, items } = this.#open;
    const text = `2["${event}",{"roomId":${this.#roomJson},${head}${items.join(',')}]}]`;
    this.#packets.push({ event, text, items: items.length });
    this.#open = null;
  }

  /** Clients compare fences, so a leave and a join of one user may stand in one packet in any order (SYNC-6). */
  #addAudience(count: number): void {
    const joined = this.#audience.flatMap((news) => news.joined);
    const left = this.#audience.flatMap((news) => news.left);
    const joinedJson = joined.length > 0 ? `,"joined":[${joined.join(',')}]` : '';
    const leftJson = left.length > 0 ? `,"left":${JSON.stringify(left)}` : '';
    const payload = `{"roomId":${this.#roomJson},"count":${count}${joinedJson}${leftJson}}`;
    this.#packets.push({ event: 'room:audience', text: `2["room:audience",${payload}]`, items: 1 });
  }
}

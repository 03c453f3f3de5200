// From announcements to packets: what belongs together travels in one, what can be summed is summed (MSG-2). Pure.
import type { BacklogLevel, Broadcast, Stream } from './broadcast.ts';
import type { Packet } from './encoded-batch.ts';

interface Listener {
  readonly hearing: Stream;
  readonly load: BacklogLevel;
}

type News<Kind extends Broadcast['kind']> = Extract<Broadcast, { kind: Kind }>;

/**
 * The packets for listeners of that kind. Updates, messages and deletions keep their order; reactions, one sum a key,
 * come behind the messages, and news of the audience last, since nothing follows from their place.
 */
export function compose(roomId: string, said: readonly Broadcast[], { hearing, load }: Listener): Packet[] {
  const composer = new Composer(JSON.stringify(roomId));
  for (const one of said) {
    if (one.kind === 'update') {
      const shown = hearing === 'talk' ? null : one.shown[hearing];
      if (shown !== null) composer.update(one.epoch, shown);
    } else if (isHeard(one, load)) {
      composer.add(one);
    }
  }
  return composer.finish();
}

/** What a moderator took away must go from every screen, however far behind it is. */
function isHeard({ kind }: Broadcast, load: BacklogLevel): boolean {
  if (kind === 'update' || kind === 'deletion') return true;
  return load === 'all' || (load === 'noReactions' && kind !== 'reaction');
}

class Composer {
  readonly #room: string;
  readonly #packets: Packet[] = [];
  /** The packet that is still growing: parts of one array, and what stands around them. */
  #open: { readonly event: Packet['event']; readonly head: string; readonly parts: string[] } | null = null;
  readonly #reactions = new Map<string, number>();
  #audience: News<'audience'> | null = null;

  constructor(room: string) {
    this.#room = room;
  }

  update(epoch: string, json: string): void {
    this.#grow('room:events', `"epoch":${JSON.stringify(epoch)},"updates":[`, json);
  }

  add(one: Exclude<Broadcast, { kind: 'update' }>): void {
    switch (one.kind) {
      case 'message':
        this.#grow('room:messages', '"messages":[', one.json);
        return;
      case 'deletion':
        this.#close();
        this.#packets.push({ event: 'message:deleted', text: `2["message:deleted",${one.json}]`, items: 1 });
        return;
      case 'reaction':
        this.#reactions.set(one.key, (this.#reactions.get(one.key) ?? 0) + one.count);
        return;
      case 'audience':
        this.#audience = joinNews(this.#audience, one);
    }
  }

  finish(): Packet[] {
    for (const [key, count] of this.#reactions) {
      this.#grow('room:messages', '"messages":[', JSON.stringify({ kind: 'reaction', key, count }));
    }
    this.#close();
    if (this.#audience) this.#packets.push(this.#audiencePacket(this.#audience));
    return this.#packets;
  }

  #grow(event: Packet['event'], head: string, part: string): void {
    if (this.#open?.event !== event || this.#open.head !== head) {
      this.#close();
      this.#open = { event, head, parts: [] };
    }
    this.#open.parts.push(part);
  }

  #close(): void {
    if (!this.#open) return;
    const { event, head, parts } = this.#open;
    const text = `2["${event}",{"roomId":${this.#room},${head}${parts.join(',')}]}]`;
    this.#packets.push({ event, text, items: parts.length });
    this.#open = null;
  }

  #audiencePacket({ count, joined, left }: News<'audience'>): Packet {
    const names = joined.length > 0 ? `,"joined":[${joined.join(',')}]` : '';
    const gone = left.length > 0 ? `,"left":${JSON.stringify(left)}` : '';
    const payload = `{"roomId":${this.#room},"count":${count}${names}${gone}}`;
    return { event: 'room:audience', text: `2["room:audience",${payload}]`, items: 1 };
  }
}

/** Clients go by the fences of the entries, so a leave and a join of one user may share a packet in any order (SYNC-6). */
const joinNews = (before: News<'audience'> | null, { count, joined, left }: News<'audience'>): News<'audience'> => ({
  kind: 'audience',
  count,
  joined: [...(before?.joined ?? []), ...joined],
  left: [...(before?.left ?? []), ...left],
});

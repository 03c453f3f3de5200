// What many connections are sent alike: encoded once, framed once, compressed once, each when first asked for. Must not
// know who gets it.
import type { ServerEventName } from '../protocol/server-events.ts';
import { deflatedFrames, plainFrames } from './frames.ts';

/** One Socket.IO packet. */
export interface Packet {
  readonly event: ServerEventName;
  /** As Socket.IO's encoder would make it: `2["event",payload]`. */
  readonly text: string;
  /** How many things that were said it carries: messages, updates. */
  readonly items: number;
}

export class EncodedBatch {
  readonly packets: readonly Packet[];
  /** How many connections have been written the frames, the compressed frames, and the packets by the usual way. */
  readonly ways = { plain: 0, deflated: 0, packets: 0 };
  #plain: Buffer | null = null;
  #deflated: Buffer | null = null;

  constructor(packets: readonly Packet[]) {
    this.packets = packets;
  }

  /** All packets as complete WebSocket frames. */
  get plain(): Buffer {
    this.#plain ??= plainFrames(this.packets);
    return this.#plain;
  }

  /** The same for connections that inflate; small packets are not compressed in it (CONN-9). */
  get deflated(): Buffer {
    this.#deflated ??= deflatedFrames(this.packets, this.plain);
    return this.#deflated;
  }
}

// An encoded batch: packets that many connections share. They are framed once and compressed once, on first use.
import { deflatedFrames, type Packet, plainFrames } from './frames.ts';

export class EncodedBatch {
  readonly packets: readonly Packet[];
  /** To how many connections the frames, the compressed frames, and the packets through Socket.IO were written. */
  readonly writes = { plain: 0, deflated: 0, packets: 0 };
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

  /** The frames for connections that inflate. Small packets stay uncompressed in them (CONN-9). */
  get deflated(): Buffer {
    this.#deflated ??= deflatedFrames(this.packets, this.plain);
    return this.#deflated;
  }
}

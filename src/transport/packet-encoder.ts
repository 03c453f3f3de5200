// Socket.IO's packet encoder, with one change: an ack reuses the text of parts that many clients are sent.
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
import { jsonOf } from '../lang/shared-json.ts';

/** Acks are ours alone and plain JSON: no search for binary data is needed. Emits may come from other programs. */
class PacketEncoder extends Encoder {
  override encode(packet: Packet): ReturnType<Encoder['encode']> {
    if (packet.type !== PacketType.ACK) return super.encode(packet);
    const namespace = packet.nsp && packet.nsp !== '/' ? `${packet.nsp},` : '';
    return [`${packet.type}${namespace}${packet.id ?? ''}${jsonOf(packet.data) ?? ''}`];
  }
}

/** For Socket.IO's option `parser`. Its decoder is the usual one. */
export const packetParser = { Encoder: PacketEncoder, Decoder };

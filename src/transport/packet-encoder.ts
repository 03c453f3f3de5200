// Turns packets into text for Socket.IO: acks with the parts that many are told taken from memory, everything else as
// Socket.IO does it. Must not know what is in a packet.
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
import { jsonOf } from '../lang/shared-json.ts';

/** Acks are ours alone and plain JSON: nobody has to look for binary data in them. Emits may come from other programs. */
class PacketEncoder extends Encoder {
  override encode(packet: Packet): ReturnType<Encoder['encode']> {
    if (packet.type !== PacketType.ACK) return super.encode(packet);
    const namespace = packet.nsp && packet.nsp !== '/' ? `${packet.nsp},` : '';
    return [`${packet.type}${namespace}${packet.id ?? ''}${jsonOf(packet.data) ?? ''}`];
  }
}

/** What Socket.IO takes as its `parser`; what comes in is read as ever. */
export const packetParser = { Encoder: PacketEncoder, Decoder };

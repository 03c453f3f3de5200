// The way out: from a room's word to the sockets of this node. Decides nothing; the mirror of on-command.
import type { Outbound } from '../fanout/outbound.ts';
import type { UserOutbound } from '../fanout/user-outbound.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { VoiceServer } from './typed-socket.ts';

/** Session ids are socket ids, and every socket is alone in the Socket.IO room of its id: one packet, encoded once. */
export function createOutbound(io: VoiceServer, metrics: Metrics): Outbound {
  let scale: Scale | null = null;
  io.engine.on('connection', (connection: Connection) => {
    connection.on('packetCreate', ({ data }) => scale?.weigh(data));
  });
  return {
    send(sessions, event, payload) {
      if (sessions.length === 0) return;
      // What is handed to connections before emit() returns is this event, and nothing else.
      scale = new Scale();
      emitterOf(io.local.to([...sessions])).emit(event, payload);
      metrics.delivered(event, scale);
      scale = null;
    },
  };
}

/** Of engine.io's connection only this: it says each packet as it is handed over, with its finished text. */
interface Connection {
  on(event: 'packetCreate', listener: (packet: { readonly data?: string | Buffer }) => void): void;
}

/** Adds up one broadcast. All its connections get the same text, which is measured for the first of them only. */
class Scale {
  recipients = 0;
  bytes = 0;
  #text: string | Buffer | null = null;
  #textBytes = 0;

  weigh(data: string | Buffer = ''): void {
    if (data !== this.#text) {
      this.#text = data;
      this.#textBytes = Buffer.byteLength(data);
    }
    this.recipients++;
    this.bytes += this.#textBytes;
  }
}

interface Emitter {
  emit(event: string, payload: unknown): unknown;
}

/** The typed emit cannot follow a generic event name; the types of the contracts have checked the pair. */
const emitterOf = (target: Pick<VoiceServer, 'emit'> | ReturnType<VoiceServer['to']>): Emitter => target as Emitter;

/** The Socket.IO room in which all connections of a user are; `:` is no character of an id, so it is no socket's own. */
export const userRoom = (userId: string): string => `user:${userId}`;

/** Through the adapter, where there is one, to the sockets of all nodes; see user-outbound. */
export const createUserOutbound = (io: VoiceServer): UserOutbound => ({
  toUser(userId, event, payload) {
    emitterOf(io.to(userRoom(userId))).emit(event, payload);
  },
  toEveryone(event, payload) {
    emitterOf(io).emit(event, payload);
  },
});

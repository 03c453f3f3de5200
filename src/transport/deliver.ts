// The way out: from a room's word to the sockets of this node. Decides nothing; the mirror of on-command.
import type { Outbound } from '../fanout/outbound.ts';
import type { VoiceServer } from './typed-socket.ts';

/** Session ids are socket ids, and every socket is alone in the Socket.IO room of its id: one packet, encoded once. */
export const createOutbound = (io: VoiceServer): Outbound => ({
  send(sessions, event, payload) {
    if (sessions.length === 0) return;
    // The typed emit cannot follow a generic event name; the contract's own types have checked the pair.
    (io.local.to([...sessions]).emit as (event: string, payload: unknown) => boolean)(event, payload);
  },
});

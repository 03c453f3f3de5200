// The way to users rather than rooms: all connections of one, or everyone's, through Socket.IO and its adapter.
import type { UserDelivery } from '../delivery/user-delivery.ts';
import type { VoiceServer } from './typed-socket.ts';

interface Emitter {
  emit(event: string, payload: unknown): unknown;
}

/** The typed emit cannot follow a generic event name; the types of the contracts have checked the pair. */
const emitterOf = (target: Pick<VoiceServer, 'emit'> | ReturnType<VoiceServer['to']>): Emitter => target as Emitter;

/** The Socket.IO room in which all connections of a user are; `:` is no character of an id, so it is no socket's own. */
export const userRoom = (userId: string): string => `user:${userId}`;

/** Through the adapter, where there is one, to the sockets of all nodes; see user-outbound. */
export const createUserDelivery = (io: VoiceServer): UserDelivery => ({
  toUser(userId, event, payload) {
    emitterOf(io.to(userRoom(userId))).emit(event, payload);
  },
  toEveryone(event, payload) {
    emitterOf(io).emit(event, payload);
  },
});

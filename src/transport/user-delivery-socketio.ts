// User delivery by Socket.IO and its Redis adapter: to all connections of one user, or of everyone.
import { createAdapter } from '@socket.io/redis-adapter';
import type { UserDelivery } from '../delivery/user-delivery.ts';
import type { UserLink } from '../redis/user-link.ts';
import type { VoiceServer } from './session.ts';

/** The typed emit cannot follow a generic event name. The contract's types have checked event and payload already. */
const emitterOf = (target: unknown) => target as { emit(event: string, payload: unknown): unknown };

/** The Socket.IO room of all connections of a user. No id contains `:`, so it never is the room of one socket. */
export const userRoom = (userId: string): string => `user:${userId}`;

/** Reaches the sockets of all nodes when there is an adapter; see delivery/user-delivery. */
export const createUserDelivery = (io: VoiceServer): UserDelivery => ({
  toUser(userId, event, payload) {
    emitterOf(io.to(userRoom(userId))).emit(event, payload);
  },
  toEveryone(event, payload) {
    emitterOf(io).emit(event, payload);
  },
});

/** The adapter, on two Redis connections of its own. It may lose events; those of rooms go through no adapter. */
export const createUserAdapter = ({ key, publisher, subscriber }: UserLink) =>
  createAdapter(publisher, subscriber, { key });

// A user's socket.io-client as the harness opens it, and how it turns to another server. Must not know what is said over it.
import { io, type Socket } from 'socket.io-client';
import { SECRET } from './cluster.ts';
import { tokenFor } from './token.ts';

/** Not yet connected. */
export const socketOf = (userId: string, url: string): Socket =>
  io(url, {
    transports: ['websocket'],
    auth: { token: tokenFor(userId, SECRET), protocol: '1' },
    forceNew: true,
    autoConnect: false,
  });

/** Its next connection leads there, as behind a balancer. */
export function turnTo(socket: Socket, url: string): void {
  (socket.io as unknown as { uri: string }).uri = url;
}

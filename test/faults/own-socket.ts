// The socket.io-client of a user of the harness, and how it switches to another server.
import { io, type Socket } from 'socket.io-client';
import { SECRET } from './cluster.ts';
import { tokenFor } from './token.ts';

/** A socket that is not connected yet. */
export const socketOf = (userId: string, url: string): Socket =>
  io(url, {
    transports: ['websocket'],
    auth: { token: tokenFor(userId, SECRET), protocol: '1' },
    forceNew: true,
    autoConnect: false,
  });

/** Its next connection goes to that server, as behind a load balancer. */
export function switchTo(socket: Socket, url: string): void {
  (socket.io as unknown as { uri: string }).uri = url;
}

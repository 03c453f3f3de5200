// Redis engine of what is addressed to users: Socket.IO's adapter on a pair of connections of its own. Rooms never take
// this way (io.local does not go through an adapter), so what it may lose is none of theirs.
import { createAdapter } from '@socket.io/redis-adapter';
import type { UserLink } from '../redis/user-link.ts';
import type { AdapterFactory } from './socket-server.ts';

export const createUserAdapter = ({ key, publisher, subscriber }: UserLink): AdapterFactory =>
  createAdapter(publisher, subscriber, { key });

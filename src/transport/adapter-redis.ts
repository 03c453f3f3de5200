// Redis engine of user delivery: Socket.IO's adapter on two Redis connections of its own. It may lose events. Those of
// rooms never use it, because they go through no adapter.
import { createAdapter } from '@socket.io/redis-adapter';
import type { UserLink } from '../redis/user-link.ts';
import type { AdapterFactory } from './socket-server.ts';

export const createUserAdapter = ({ key, publisher, subscriber }: UserLink): AdapterFactory =>
  createAdapter(publisher, subscriber, { key });

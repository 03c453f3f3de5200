// /v1/admin: the views for operators (scope `admin`). They only read.
import { z } from 'zod';
import { roomEntrySchema, roomsQuery } from '../../protocol/pages.ts';
import { timeSchema } from '../../protocol/stage.ts';
import { succeed } from '../../rooms/contract/outcome.ts';
import type { RoomService } from '../../rooms/room-service.ts';
import type { NodeStore } from '../../store/node-store.ts';
import { type Route, route } from '../route.ts';

interface AdminRoutesDeps {
  readonly rooms: RoomService;
  readonly nodes: NodeStore;
}

/** Small, because a page costs one read of the store for each room. */
const PAGE_MAX = 50;

const listQuery = z.strictObject({
  ...roomsQuery,
  limit: z.coerce.number().pipe(z.int().min(1).max(PAGE_MAX)).default(20),
});

const nodeSchema = z.strictObject({
  nodeId: z.string(),
  startedAt: timeSchema,
  connections: z.int(),
  rooms: z.int(),
});

const inspectedRoom = roomEntrySchema.extend({
  epoch: z.string(),
  version: z.int(),
  requests: z.int(),
  invitations: z.int(),
  away: z.int(),
});

export const adminRoutes = ({ rooms, nodes }: AdminRoutesDeps): readonly Route[] => [
  route({
    method: 'GET',
    path: '/v1/admin/nodes',
    summary: 'The nodes that announced themselves in the last 15 seconds.',
    access: 'admin',
    data: z.strictObject({ nodes: z.array(nodeSchema) }),
    handle: async () => succeed({ nodes: await nodes.list() }),
  }),
  route({
    method: 'GET',
    path: '/v1/admin/rooms',
    summary: 'The open rooms with the state of their stages, read from the store.',
    access: 'admin',
    query: listQuery,
    data: z.strictObject({ rooms: z.array(inspectedRoom), cursor: z.string().nullable() }),
    handle: ({ query }) => rooms.queries.adminPage(query),
  }),
];

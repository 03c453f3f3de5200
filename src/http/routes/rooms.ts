// /v1/rooms: the directory over HTTP (ROOM-8). Must not reach past the room service.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Authenticator } from '../../auth/authenticator.ts';
import { badRequestOf } from '../../protocol/errors.ts';
import { roomIdSchema } from '../../protocol/ids.ts';
import { roomsQuery } from '../../protocol/pages.ts';
import type { RoomService } from '../../rooms/room-service.ts';
import { answer, refuse } from '../answers.ts';
import { createBearerCheck } from '../bearer.ts';

/** The same query as room:list, out of an address, where numbers are texts. */
const listQuery = z.strictObject({
  ...roomsQuery,
  limit: z.coerce.number().pipe(roomsQuery.limit.unwrap()).default(20),
});

const roomParams = z.strictObject({ roomId: roomIdSchema });

export function roomRoutes(http: FastifyInstance, parts: { rooms: RoomService; authenticator: Authenticator }): void {
  const { rooms, authenticator } = parts;
  const preHandler = createBearerCheck(authenticator);

  http.get('/v1/rooms', { preHandler }, async (request, reply) => {
    const query = listQuery.safeParse(request.query);
    if (!query.success) return refuse(reply, badRequestOf(query.error));
    const page = await rooms.list(query.data);
    return page.ok ? answer(page.data) : refuse(reply, page.rejection);
  });

  http.get('/v1/rooms/:roomId', { preHandler }, async (request, reply) => {
    const params = roomParams.safeParse(request.params);
    if (!params.success) return refuse(reply, badRequestOf(params.error));
    const room = await rooms.describe(params.data.roomId);
    return room.ok ? answer({ room: room.entry }) : refuse(reply, room.rejection);
  });
}

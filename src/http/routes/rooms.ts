// /v1/rooms: the directory over HTTP (ROOM-8). Must not reach past the room service.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Authenticator } from '../../auth/authenticator.ts';
import { badRequestOf } from '../../protocol/errors.ts';
import { roomIdSchema } from '../../protocol/ids.ts';
import type { RoomService } from '../../rooms/room-service.ts';
import { cursorPattern } from '../../store/directory-store.ts';
import { answer, refuse } from '../answers.ts';
import { createBearerCheck } from '../bearer.ts';

const listQuery = z.strictObject({
  cursor: z.string().regex(cursorPattern, 'take the cursor from the page before').optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

const roomParams = z.strictObject({ roomId: roomIdSchema });

export function roomRoutes(http: FastifyInstance, parts: { rooms: RoomService; authenticator: Authenticator }): void {
  const { rooms, authenticator } = parts;
  const preHandler = createBearerCheck(authenticator);

  http.get('/v1/rooms', { preHandler }, async (request, reply) => {
    const query = listQuery.safeParse(request.query);
    if (!query.success) return refuse(reply, badRequestOf(query.error));
    const { cursor = null, limit } = query.data;
    return answer(await rooms.list({ cursor, limit }));
  });

  http.get('/v1/rooms/:roomId', { preHandler }, async (request, reply) => {
    const params = roomParams.safeParse(request.params);
    if (!params.success) return refuse(reply, badRequestOf(params.error));
    const room = await rooms.describe(params.data.roomId);
    return room.ok ? answer({ room: room.entry }) : refuse(reply, room.rejection);
  });
}

// /v1/rooms: the directory over HTTP (ROOM-8). Must not reach past the room service.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Authenticator } from '../../auth/authenticator.ts';
import { roomIdSchema } from '../../protocol/ids.ts';
import type { RoomService } from '../../rooms/room-service.ts';
import { cursorPattern } from '../../store/directory-store.ts';
import { answer, refuse } from '../answers.ts';
import { createBearerCheck } from '../authorize.ts';

const listQuery = z.strictObject({
  cursor: z.string().regex(cursorPattern, 'take the cursor from the page before').optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

export function roomRoutes(http: FastifyInstance, parts: { rooms: RoomService; authenticator: Authenticator }): void {
  const { rooms, authenticator } = parts;
  const preHandler = createBearerCheck(authenticator);

  http.get('/v1/rooms', { preHandler }, async (request, reply) => {
    const query = listQuery.safeParse(request.query);
    if (!query.success) return refuse(reply, { code: 'BAD_REQUEST', details: problemOf(query.error) });
    const { cursor = null, limit } = query.data;
    return answer(await rooms.list({ cursor, limit }));
  });

  http.get<{ Params: { roomId: string } }>('/v1/rooms/:roomId', { preHandler }, async (request, reply) => {
    const roomId = roomIdSchema.safeParse(request.params.roomId);
    if (!roomId.success) return refuse(reply, { code: 'BAD_REQUEST', details: { field: 'roomId' } });
    const room = await rooms.describe(roomId.data);
    return room.ok ? answer({ room: room.entry }) : refuse(reply, room.rejection);
  });
}

const problemOf = (error: z.ZodError) => ({
  field: error.issues[0]?.path.join('.') ?? '',
  problem: error.issues[0]?.message ?? 'invalid',
});

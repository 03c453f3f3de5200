// Messages of the app's backend to a room, to a user and to everyone (MSG-5).
import { z } from 'zod';
import { roomIdSchema, userIdSchema } from '../../protocol/ids.ts';
import { messageAckSchemas, messageAsServiceSchema, serviceMessageSchema } from '../../protocol/messages.ts';
import type { RoomService } from '../../rooms/room-service.ts';
import type { ServiceMessages } from '../../users/service-messages.ts';
import { type Route, route } from '../route.ts';

interface MessageRoutesDeps {
  readonly rooms: RoomService;
  readonly serviceMessages: ServiceMessages;
}

const data = messageAckSchemas['message:send'];

export const messageRoutes = ({ rooms, serviceMessages }: MessageRoutesDeps): readonly Route[] => [
  route({
    method: 'POST',
    path: '/v1/rooms/{roomId}/messages',
    summary: 'Sends a message to a room, under a name of your choice.',
    access: 'service',
    params: z.strictObject({ roomId: roomIdSchema }),
    body: messageAsServiceSchema,
    data,
    handle: ({ params, body }) => rooms.writeAsService(params.roomId, body),
  }),
  route({
    method: 'POST',
    path: '/v1/users/{userId}/messages',
    summary: 'Sends a message to one user, on all of their connections; at most once.',
    access: 'service',
    params: z.strictObject({ userId: userIdSchema }),
    body: serviceMessageSchema,
    data,
    handle: async ({ params, body }) => serviceMessages.toUser(params.userId, body),
  }),
  route({
    method: 'POST',
    path: '/v1/messages',
    summary: 'Sends a message to all connected users; at most once.',
    access: 'service',
    body: serviceMessageSchema,
    data,
    handle: async ({ body }) => serviceMessages.toEveryone(body),
  }),
];

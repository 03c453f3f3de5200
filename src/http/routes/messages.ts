// What the app's backend says to a room, to a user and to everyone (MSG-5). Must not know how it gets there.
import { z } from 'zod';
import { roomIdSchema, userIdSchema } from '../../protocol/ids.ts';
import { messageAckSchemas, noticeSchema, serviceSayingSchema } from '../../protocol/messages.ts';
import type { RoomService } from '../../rooms/room-service.ts';
import type { ServiceMessages } from '../../users/service-messages.ts';
import { type Route, route } from '../route.ts';

interface MessageRoutesDeps {
  readonly rooms: RoomService;
  readonly serviceMessages: ServiceMessages;
}

const data = messageAckSchemas['message:send'];

export const messageRoutes = ({ rooms, serviceMessages }: MessageRoutesDeps): readonly Route[] => [
  route(
    {
      method: 'POST',
      path: '/v1/rooms/{roomId}/messages',
      summary: 'Says something to a room, under a name of your choice.',
      access: 'service',
      params: z.strictObject({ roomId: roomIdSchema }),
      body: serviceSayingSchema,
      data,
    },
    ({ params, body }) => rooms.writeAsService(params.roomId, body),
  ),
  route(
    {
      method: 'POST',
      path: '/v1/users/{userId}/messages',
      summary: 'Tells one user something, on all his connections; at most once.',
      access: 'service',
      params: z.strictObject({ userId: userIdSchema }),
      body: noticeSchema,
      data,
    },
    async ({ params, body }) => serviceMessages.toUser(params.userId, body),
  ),
  route(
    {
      method: 'POST',
      path: '/v1/messages',
      summary: 'Tells everyone who is connected something; at most once.',
      access: 'service',
      body: noticeSchema,
      data,
    },
    async ({ body }) => serviceMessages.toEveryone(body),
  ),
];

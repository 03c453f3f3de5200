// /v1/rooms: the directory, single rooms, and the commands of the app's backend.
import { z } from 'zod';
import type { Clock } from '../../ops/clock.ts';
import type { Metrics } from '../../ops/metrics.ts';
import { type CommandName, commandNames, commandSchemas, namesRoom } from '../../protocol/commands.ts';
import { badRequest } from '../../protocol/errors.ts';
import { type RoomId, reservedUserIds, roomIdSchema, userIdSchema } from '../../protocol/ids.ts';
import { membersQuery, roomEntrySchema, roomsQuery } from '../../protocol/pages.ts';
import { parseCommand } from '../../protocol/payload.ts';
import { roomAckSchemas, roomSnapshotSchema } from '../../protocol/snapshot.ts';
import type { Outcome } from '../../rooms/contract/outcome.ts';
import type { RoomService } from '../../rooms/room-service.ts';
import { type Route, route } from '../route.ts';

interface RoomRoutesDeps {
  readonly rooms: RoomService;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** The queries of the commands for the same lists, but from an address, where numbers are texts. */
const listQuery = z.strictObject({
  ...roomsQuery,
  limit: z.coerce.number().pipe(roomsQuery.limit.unwrap()).default(20),
});
const pageOfMembers = z.strictObject({
  ...membersQuery,
  limit: z.coerce.number().pipe(membersQuery.limit.unwrap()).default(50),
});
const inRoom = z.strictObject({ roomId: roomIdSchema });

/** The payload of `room:create`, and the owner, who does not become a member by this. */
const createRoom = commandSchemas['room:create'].extend({
  ownerId: userIdSchema.refine((id) => !reservedUserIds.has(id), 'this name is kept for operators'),
});

const anyCommand = z.strictObject({
  command: z.enum(commandNames),
  payload: z.record(z.string(), z.unknown()).default({}),
});

export const roomRoutes = ({ rooms, metrics, clock }: RoomRoutesDeps): readonly Route[] => [
  route({
    method: 'GET',
    path: '/v1/rooms',
    summary: 'The open rooms, page by page, at most a second stale.',
    access: 'user',
    query: listQuery,
    data: roomAckSchemas['room:list'],
    handle: ({ query }) => rooms.queries.listRooms(query),
  }),
  route({
    method: 'POST',
    path: '/v1/rooms',
    summary: 'Creates a room for its owner, who need not be connected.',
    access: 'service',
    body: createRoom,
    data: z.strictObject({ room: roomSnapshotSchema }),
    handle: ({ body: { ownerId, ...payload } }) => rooms.createAsService(payload, ownerId),
  }),
  route({
    method: 'GET',
    path: '/v1/rooms/{roomId}',
    summary: 'One room as the directory lists it, read from the store.',
    access: 'user',
    params: inRoom,
    data: z.strictObject({ room: roomEntrySchema }),
    handle: ({ params }) => rooms.queries.getRoom(params.roomId),
  }),
  route({
    method: 'GET',
    path: '/v1/rooms/{roomId}/members',
    summary: 'The members of a room, page by page.',
    access: 'service',
    params: inRoom,
    query: pageOfMembers,
    data: roomAckSchemas['room:members'],
    handle: ({ params, query }) => rooms.queries.listMembers({ ...params, ...query }),
  }),
  route({
    method: 'POST',
    path: '/v1/rooms/{roomId}/commands',
    summary: 'Carries out any command that needs no session, as the operator `service`.',
    access: 'service',
    params: inRoom,
    body: anyCommand,
    data: z.record(z.string(), z.unknown()),
    handle: ({ params: { roomId }, body }) => carryOut({ rooms, metrics, clock }, { roomId, ...body }),
  }),
];

/** Parses, executes and counts the command in the same way as a command from a socket. */
async function carryOut(
  { rooms, metrics, clock }: RoomRoutesDeps,
  { roomId, command, payload }: { roomId: RoomId; command: CommandName; payload: Readonly<Record<string, unknown>> },
): Promise<Outcome> {
  const begun = clock.monotonic();
  const count = (outcome: Outcome): Outcome => {
    const result = outcome.ok ? 'ok' : outcome.rejection.code;
    metrics.commandAnswered({ command, result, durationMs: clock.monotonic() - begun });
    return outcome;
  };
  if (payload.roomId !== undefined && payload.roomId !== roomId) {
    return count({ ok: false, rejection: badRequest('payload.roomId', 'the room is named by the address') });
  }
  const parsed = parseCommand(command, [namesRoom(command) ? { ...payload, roomId } : payload]);
  if (!parsed.ok) return count({ ok: false, rejection: parsed.rejection });
  return count(await rooms.executeAsService(parsed.command));
}

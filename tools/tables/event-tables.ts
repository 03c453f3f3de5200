// The tables of server events, of the events on the stage, and of the shapes that they carry.
import { publicEventSchemas, staffEventSchemas } from '../../src/protocol/room-events.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { settingsSchema } from '../../src/protocol/stage.ts';
import { code, markdownTable } from './markdown.ts';
import { fieldsOf, namedShapes } from './shapes.ts';
import { eventSummaries } from './summaries.ts';

export const eventTable = (): string =>
  markdownTable(
    ['event', 'when', 'fields'],
    Object.entries(serverEventSchemas).map(([name, schema]) => [
      code(name),
      eventSummaries[name as keyof typeof eventSummaries],
      fieldsOf(schema, 'output'),
    ]),
  );

/** How a client folds each public event into the room of its snapshot (SYNC-7). */
const publicEffects: Readonly<Record<keyof typeof publicEventSchemas, string>> = {
  'room.updated': 'copy these settings; they may include `hasPassword` and `ownerSeat`',
  'room.closed': "the room has ended; `reason` is the closer's text, or `closed`, `empty`, `ownerAbsent`",
  'attributes.changed': 'remove the `deleted` keys, then write those of `set`',
  'seat.taken': "set the seat's occupant (`via` `pick` is not used yet)",
  'seat.left': 'set the occupant to null',
  'seat.moved':
    'put `occupant` on `to`; then empty `from`, unless another user than `userId` sits there by now (a swap comes as two events)',
  'seat.locked': 'set `locked` to true',
  'seat.unlocked': 'set `locked` to false',
  'seat.muted': 'set `hostMuted` to true',
  'seat.unmuted': 'set `hostMuted` to false',
  'seat.away': "set the occupant's `awayUntil` to `until`",
  'seat.back': "set the occupant's `awayUntil` to null",
  'seats.resized': 'set `seatCount`; cut off seats, or add free ones (neither locked nor muted)',
  'mic.changed': "set the occupant's `selfMuted`",
  'admin.added': 'add the user to `admins`',
  'admin.removed': 'remove the user from `admins`',
  'owner.changed': 'set `ownerId` to `to`; `reason` is `transferred` or `ownerAbsent`',
  'requests.counted': 'set `requestCount`; `by` is always `system`',
};

/** The same for the events that only staff sees. */
const staffEffects: Readonly<Record<keyof typeof staffEventSchemas, string>> = {
  'request.added': 'append to `requests`',
  'request.updated': 'replace the request of that user',
  'request.ended': 'remove the request of that user',
  'invite.added': 'append to `invitations`',
  'invite.ended': 'remove the invitation of that user',
  'member.kicked': 'nothing; `until`: the user is banned until then',
  'member.banned': 'nothing; without `until` the ban has no end',
  'member.unbanned': 'nothing',
  'member.silenced': 'nothing',
  'member.unsilenced': 'nothing',
};

/** On every event of the stage; the text above the tables names them. */
const onEveryEvent = ['type', 'by', 'at'];

export const publicEventTable = (): string => stageEventTable(publicEventSchemas, publicEffects);
export const staffEventTable = (): string => stageEventTable(staffEventSchemas, staffEffects);

const stageEventTable = <Name extends string>(
  schemas: Readonly<Record<Name, Parameters<typeof fieldsOf>[0]>>,
  effects: Readonly<Record<Name, string>>,
): string =>
  markdownTable(
    ['type', 'fields', 'what a client does'],
    (Object.keys(schemas) as Name[]).map((name) => [
      code(name),
      fieldsOf(schemas[name], 'output', onEveryEvent),
      effects[name],
    ]),
  );

/** The shapes with a name; the fields of settings stand in a row of their own. */
export const shapeTable = (): string =>
  markdownTable(
    ['shape', 'fields'],
    Object.entries(namedShapes).map(([name, schema]) => [
      code(name),
      name === 'room'
        ? `the fields of settings, ${fieldsOf(schema, 'output', Object.keys(settingsSchema.shape))}`
        : fieldsOf(schema, 'output'),
    ]),
  );

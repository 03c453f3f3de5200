// A room's state ↔ the sections that are stored, as JSON texts. No rule has a default here.
//
// Servers of different versions may share a store. Sections and fields that this code does not know are left as they
// are: apply() copies unknown fields, and unknown sections are never rewritten. `schema` is never raised.

import type { RoomState } from '../../domain/room.ts';
import { must } from '../../lang/assert.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { StoredRoom } from '../room-store.ts';

const sectionNames = [
  'settings',
  'secrets',
  'roles',
  'seats',
  'attributes',
  'requests',
  'outcomes',
  'invitations',
  'away',
  'closed',
] as const satisfies readonly (keyof RoomState)[];

/**
 * The values of sections that a room may lack because it is older than they are. The other sections must be there.
 * A new section needs its value here.
 */
const emptySections: Partial<Pick<RoomState, (typeof sectionNames)[number]>> = {
  secrets: { passwordHash: null },
  attributes: {},
  requests: [],
  outcomes: [],
  invitations: [],
  away: {},
  closed: null,
};

export type Sections = Readonly<Record<string, string>>;

/** All sections of a new room. */
export const encodeSections = (state: RoomState): Sections =>
  Object.fromEntries(sectionNames.map((name) => [name, JSON.stringify(state[name])]));

/** The sections that differ; apply() keeps the identity of what it did not touch, so comparing references is enough. */
export const encodeChanged = (before: RoomState, after: RoomState): Sections =>
  Object.fromEntries(
    sectionNames.filter((name) => before[name] !== after[name]).map((name) => [name, JSON.stringify(after[name])]),
  );

/** The fields of the stored hash that are not sections, as texts. */
export const encodePosition = (room: StoredRoom): Sections => ({
  epoch: room.epoch,
  version: String(room.version),
  publicVersion: String(room.publicVersion),
  staffVersion: String(room.staffVersion),
  door: String(room.entryVersion),
});

/** Throws BugError when a section or field is missing that every room has: no node of ours wrote that hash. */
export function decodeRoom(roomId: RoomId, fields: ReadonlyMap<string, string>): StoredRoom {
  const text = (name: string) => must(fields.get(name), `room ${roomId} is stored without ${name}`);
  const sectionOf = (name: (typeof sectionNames)[number]): unknown =>
    name in emptySections && !fields.has(name) ? emptySections[name] : JSON.parse(text(name));
  const sections = Object.fromEntries(sectionNames.map((name) => [name, sectionOf(name)]));
  return {
    epoch: text('epoch'),
    // A room that is older than the field has to be recovered first.
    replicationId: fields.get('history') ?? '',
    version: Number(text('version')),
    publicVersion: Number(text('publicVersion')),
    staffVersion: Number(text('staffVersion')),
    entryVersion: Number(text('door')),
    state: { ...sections, roomId, schema: Number(text('schema')) } as unknown as RoomState,
  };
}

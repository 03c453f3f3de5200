// Reads rooms and changes nothing: for members, for the app's backend and for operators.
import { isStaff } from '../../domain/room.ts';
import type { Payload } from '../../protocol/commands.ts';
import { badRequest } from '../../protocol/errors.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { RoomsQuery } from '../../protocol/pages.ts';
import { isCursorOf } from '../../store/directory-order.ts';
import type { DirectoryPage, DirectoryStore } from '../../store/directory-store.ts';
import type { StoredRoom } from '../../store/room-store.ts';
import { buildFullState, buildSnapshot, toMemberView } from '../audience/snapshot-builder.ts';
import type { LocalMember } from '../contract/local-members.ts';
import { fail, type Outcome, succeed } from '../contract/outcome.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import { SERVICE_USER } from '../contract/service.ts';
import { toEntry } from '../live/directory-announcer.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import { missedSince } from '../membership/resume.ts';

/** The author of a query: a member on this node, or the app's backend, which sees what staff sees. */
type Reader = LocalMember | 'service';

type RoomQueriesDeps = Pick<RoomDeps, 'store' | 'presence' | 'sanctions' | 'grants'> & {
  readonly directory: DirectoryStore;
};

/** All methods reject when the store does not answer. */
export class RoomQueries {
  readonly #deps: RoomQueriesDeps;
  readonly #rooms: LiveRooms;

  constructor(deps: RoomQueriesDeps, rooms: LiveRooms) {
    this.#deps = deps;
    this.#rooms = rooms;
  }

  /** The updates that the reader missed since that position, or a snapshot (SYNC-2). */
  sync(reader: Reader, { roomId, ...position }: Payload<'room:sync'>): Promise<Outcome> {
    return this.#inRoom(roomId, async (room) => {
      const userId = reader === 'service' ? SERVICE_USER : reader.record.userId;
      const missed = await missedSince(this.#deps.store, room, { userId, position });
      if (missed) return succeed(missed);
      const context = await room.snapshotContext();
      if (reader === 'service') return succeed({ room: buildSnapshot(room.current, 'staff', context) });
      return succeed(buildFullState(room.current, reader.record, context));
    });
  }

  /** A grant with the rights that the member has now (RTC-3). */
  renewGrant(member: LocalMember, { roomId }: Payload<'rtc:renew'>): Promise<Outcome> {
    return this.#inRoom(roomId, async (room) => {
      const state = await room.revalidate(member);
      if (!state) return fail('NOT_A_MEMBER');
      const { grants } = this.#deps;
      const grant = grants.mint(state, member.record);
      grants.renewLater(member, grant, room.revalidate);
      return succeed({ grant });
    });
  }

  /** The bans in force, for staff (PRES-6). */
  bans(reader: Reader, { roomId, cursor, limit }: Payload<'ban:list'>): Promise<Outcome> {
    return this.#inRoom(roomId, async (room) => {
      // This copy may be behind: the reader may have become staff, or have been removed, a moment ago.
      const state = reader === 'service' ? room.current.state : await room.revalidate(reader);
      if (!state) return fail('NOT_A_MEMBER');
      if (reader !== 'service' && !isStaff(state, reader.record.userId)) return fail('FORBIDDEN');
      return succeed({ ...(await this.#deps.sanctions.bans(roomId, { cursor: cursor ?? null, limit })) });
    });
  }

  /** A page of the room's members, for any reader (PRES-5). */
  async listMembers(query: Payload<'room:members'>): Promise<Outcome> {
    const { store, presence } = this.#deps;
    const { roomId, cursor = null, limit } = query;
    const [room, page] = await Promise.all([store.load(roomId), presence.page(roomId, { cursor, limit })]);
    return ifOpen(room, ({ state }) => ({
      ...page,
      members: page.members.map((member) => toMemberView(state, member)),
    }));
  }

  async getRoom(roomId: RoomId): Promise<Outcome> {
    const { store, presence } = this.#deps;
    const [room, count] = await Promise.all([store.load(roomId), presence.count(roomId)]);
    return ifOpen(room, ({ state }) => ({ room: toEntry(state, count) }));
  }

  /** A page of the open rooms, at most a second stale (ROOM-8); refused with a cursor of another list. */
  async listRooms(query: RoomsQuery): Promise<Outcome> {
    const page = await this.#directoryPage(query);
    return page ? succeed({ ...page }) : foreignCursor;
  }

  /** For operators: with the stage's position and how many users wait. Rooms that closed meanwhile are left out. */
  async adminPage(query: RoomsQuery): Promise<Outcome> {
    const { store, presence } = this.#deps;
    const page = await this.#directoryPage(query);
    if (!page) return foreignCursor;
    const entries = await Promise.all(
      page.rooms.map(async ({ roomId }) => {
        const room = await store.load(roomId);
        if (!room || room.state.closed) return [];
        const { epoch, version, state } = room;
        const away = Object.keys(state.away).length;
        const waiting = { requests: state.requests.length, invitations: state.invitations.length, away };
        return [{ ...toEntry(state, await presence.count(roomId)), epoch, version, ...waiting }];
      }),
    );
    return succeed({ rooms: entries.flat(), cursor: page.cursor });
  }

  /** Null: a cursor belongs to one list, and this one is of another. */
  async #directoryPage(query: RoomsQuery): Promise<DirectoryPage | null> {
    const { category = null, cursor = null, sort, limit } = query;
    if (cursor !== null && !isCursorOf({ sort, category }, cursor)) return null;
    return this.#deps.directory.list({ sort, category, cursor, limit });
  }

  #inRoom(roomId: RoomId, read: (room: LiveRoom) => Promise<Outcome>): Promise<Outcome> {
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return fail('ROOM_NOT_FOUND');
      const { closed } = room.current.state;
      return closed ? fail('ROOM_CLOSED', { reason: closed.reason }) : read(room);
    });
  }
}

const foreignCursor: Outcome = {
  ok: false,
  rejection: badRequest('cursor', 'this is a cursor of another order or category'),
};

/** The data of a room as the store has it; refused when there is no such room or it is closed. */
function ifOpen(room: StoredRoom | null, dataOf: (room: StoredRoom) => Readonly<Record<string, unknown>>): Outcome {
  if (!room) return fail('ROOM_NOT_FOUND');
  return room.state.closed ? fail('ROOM_CLOSED') : succeed(dataOf(room));
}

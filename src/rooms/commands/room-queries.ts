// The commands that read a room and do not change it, for members and for the app's backend.
import { isStaff } from '../../domain/room.ts';
import { kindOf } from '../../domain/view.ts';
import type { Payload } from '../../protocol/commands.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { DirectoryPage } from '../../store/directory-store.ts';
import type { MembersQuery } from '../../store/presence-store.ts';
import { buildFullState, buildSnapshot, toMemberView } from '../audience/snapshot-builder.ts';
import type { LocalMember } from '../contract/local-members.ts';
import { fail, type Outcome, succeed } from '../contract/outcome.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import { SERVICE_USER } from '../contract/service.ts';
import { toEntry } from '../live/directory-announcer.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import { missedSince, type Resuming } from '../membership/resume.ts';

/** The author of a query: a member on this node, or the app's backend, which sees what staff sees. */
export type Reader = LocalMember | 'service';

/** All methods reject when the store does not answer. */
export class RoomQueries {
  readonly #deps: RoomDeps;
  readonly #rooms: LiveRooms;

  constructor(deps: RoomDeps, rooms: LiveRooms) {
    this.#deps = deps;
    this.#rooms = rooms;
  }

  /** The updates that the reader missed since that position, or a snapshot (SYNC-2). */
  sync(reader: Reader, { roomId, epoch, version }: Payload<'room:sync'>): Promise<Outcome> {
    return this.#inRoom(roomId, async (room) => {
      const position = { epoch, version };
      const missed = await missedSince(this.#deps.store, room, { ...identityOf(reader), position });
      if (missed) return succeed(missed);
      const context = await room.snapshotContext();
      if (reader === 'service') return succeed({ room: buildSnapshot(room.current, 'staff', context) });
      return succeed(buildFullState(room.current, reader.record, context));
    });
  }

  /** A grant with the rights that the member has now (RTC-3). */
  renewGrant(member: LocalMember, roomId: RoomId): Promise<Outcome> {
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

  /** A page of the room's members, for any reader (PRES-5); refused when there is no such room or it is closed. */
  async listMembers(roomId: RoomId, query: MembersQuery): Promise<Outcome> {
    const { store, presence } = this.#deps;
    const [room, page] = await Promise.all([store.load(roomId), presence.page(roomId, query)]);
    if (!room) return fail('ROOM_NOT_FOUND');
    if (room.state.closed) return fail('ROOM_CLOSED');
    return succeed({ ...page, members: page.members.map((member) => toMemberView(room.state, member)) });
  }

  /** The room's directory entry as it is now; refused when there is no such room or it is closed. */
  async getRoom(roomId: RoomId): Promise<Outcome> {
    const room = await this.#deps.store.load(roomId);
    if (!room) return fail('ROOM_NOT_FOUND');
    if (room.state.closed) return fail('ROOM_CLOSED');
    return succeed({ room: toEntry(room.state, await this.#deps.presence.count(roomId)) });
  }

  /** A directory page for operators: each entry also has the stage's position and how many users wait on it. */
  async adminPage({ rooms, cursor }: DirectoryPage): Promise<Outcome> {
    const { store, presence } = this.#deps;
    const entries = await Promise.all(
      rooms.map(async ({ roomId }) => {
        const room = await store.load(roomId);
        if (!room || room.state.closed) return [];
        const { epoch, version, state } = room;
        const away = Object.keys(state.away).length;
        const waiting = { requests: state.requests.length, invitations: state.invitations.length, away };
        return [{ ...toEntry(state, await presence.count(roomId)), epoch, version, ...waiting }];
      }),
    );
    return succeed({ rooms: entries.flat(), cursor });
  }

  #inRoom(roomId: RoomId, read: (room: LiveRoom) => Promise<Outcome>): Promise<Outcome> {
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return fail('ROOM_NOT_FOUND');
      const { closed } = room.current.state;
      return closed ? fail('ROOM_CLOSED', { reason: closed.reason }) : read(room);
    });
  }
}

const identityOf = (reader: Reader): Pick<Resuming, 'userId' | 'kind'> =>
  reader === 'service'
    ? { userId: SERVICE_USER, kind: () => 'staff' }
    : { userId: reader.record.userId, kind: (room: LiveRoom) => kindOf(room.current.state, reader.record.userId) };

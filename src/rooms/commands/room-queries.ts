// What a member, or the app's backend, asks of a room without changing it. Must not know sockets or routes.
import { isStaff } from '../../domain/room.ts';
import { kindOf } from '../../domain/view.ts';
import type { Payload } from '../../protocol/commands.ts';
import type { RoomId } from '../../protocol/ids.ts';
import type { DirectoryPage } from '../../store/directory-store.ts';
import type { MembersQuery } from '../../store/presence-store.ts';
import { buildSnapshot, buildWhole, toMemberView } from '../audience/snapshot-builder.ts';
import type { LocalMember } from '../contract/local-members.ts';
import { type Outcome, refuse, succeed } from '../contract/outcome.ts';
import type { RoomParts } from '../contract/room-deps.ts';
import { toEntry } from '../live/directory-announcer.ts';
import type { HeldRoom } from '../live/live-room.ts';
import type { HeldRooms } from '../live/live-rooms.ts';
import { missedSince, type Resuming } from '../membership/resume.ts';

/** Who reads: a member here, or the app's backend, which sees what staff sees. */
export type Reader = LocalMember | 'service';

export class Reading {
  readonly #parts: RoomParts;
  readonly #rooms: HeldRooms;

  constructor(parts: RoomParts, rooms: HeldRooms) {
    this.#parts = parts;
    this.#rooms = rooms;
  }

  /** What the reader missed since that position, or the whole room (SYNC-2). */
  sync(reader: Reader, { roomId, epoch, version }: Payload<'room:sync'>): Promise<Outcome> {
    return this.#inRoom(roomId, async (room) => {
      const position = { epoch, version };
      const missed = await missedSince(this.#parts.store, room, { ...identityOf(reader), position });
      if (missed) return succeed(missed);
      const around = await room.around();
      if (reader === 'service') return succeed({ room: buildSnapshot(room.current, 'staff', around) });
      return succeed(buildWhole(room.current, reader.record, around));
    });
  }

  /** A grant for the right that the member has now (RTC-3). */
  renewGrant(member: LocalMember, roomId: RoomId): Promise<Outcome> {
    return this.#inRoom(roomId, async (room) => {
      const state = await room.revalidate(member);
      if (!state) return refuse('NOT_A_MEMBER');
      const { grants } = this.#parts;
      const grant = grants.mint(state, member.record);
      grants.renewLater(member, grant, room.revalidate);
      return succeed({ grant });
    });
  }

  /** The bans in force, for staff (PRES-6). */
  bans(reader: Reader, { roomId, cursor, limit }: Payload<'ban:list'>): Promise<Outcome> {
    return this.#inRoom(roomId, async (room) => {
      // This copy may be behind: he may have become staff, or been put out, a moment ago.
      const state = reader === 'service' ? room.current.state : await room.revalidate(reader);
      if (!state) return refuse('NOT_A_MEMBER');
      if (reader !== 'service' && !isStaff(state, reader.record.userId)) return refuse('FORBIDDEN');
      return succeed({ ...(await this.#parts.sanctions.bans(roomId, { cursor: cursor ?? null, limit })) });
    });
  }

  /** A page of the room's members, whoever asks (PRES-5); refused when the room is closed or was never there. */
  async members(roomId: RoomId, query: MembersQuery): Promise<Outcome> {
    const { store, presence } = this.#parts;
    const [room, page] = await Promise.all([store.load(roomId), presence.page(roomId, query)]);
    if (!room) return refuse('ROOM_NOT_FOUND');
    if (room.state.closed) return refuse('ROOM_CLOSED');
    return succeed({ ...page, members: page.members.map((member) => toMemberView(room.state, member)) });
  }

  /** One room's directory line as it is now; refused when the room is closed or was never there. */
  async describe(roomId: RoomId): Promise<Outcome> {
    const room = await this.#parts.store.load(roomId);
    if (!room) return refuse('ROOM_NOT_FOUND');
    if (room.state.closed) return refuse('ROOM_CLOSED');
    return succeed({ room: toEntry(room.state, await this.#parts.presence.count(roomId)) });
  }

  /** What operators see of the rooms of a page: beside the line of the list, where the stage stands and what waits on it. */
  async inspect({ rooms, cursor }: DirectoryPage): Promise<Outcome> {
    const { store, presence } = this.#parts;
    const inspected = await Promise.all(
      rooms.map(async ({ roomId }) => {
        const room = await store.load(roomId);
        if (!room || room.state.closed) return [];
        const { epoch, version, state } = room;
        const away = Object.keys(state.away).length;
        const waiting = { requests: state.requests.length, invitations: state.invitations.length, away };
        return [{ ...toEntry(state, await presence.count(roomId)), epoch, version, ...waiting }];
      }),
    );
    return succeed({ rooms: inspected.flat(), cursor });
  }

  #inRoom(roomId: RoomId, read: (room: HeldRoom) => Promise<Outcome>): Promise<Outcome> {
    return this.#rooms.use(roomId, async (room) => {
      if (!room) return refuse('ROOM_NOT_FOUND');
      const { closed } = room.current.state;
      return closed ? refuse('ROOM_CLOSED', { reason: closed.reason }) : read(room);
    });
  }
}

const identityOf = (reader: Reader): Pick<Resuming, 'userId' | 'kind'> =>
  reader === 'service'
    ? { userId: 'service', kind: () => 'staff' }
    : { userId: reader.record.userId, kind: (room: HeldRoom) => kindOf(room.current.state, reader.record.userId) };

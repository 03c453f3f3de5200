// Commands on the stage, from a member's session or from the app's backend, into the room's next turn. Must not know
// sockets, routes or a rule beyond asking for the permission that a dear preparation needs.
import type { Actor } from '../../domain/actor.ts';
import { authorize } from '../../domain/permissions.ts';
import type { StageCommand } from '../../domain/stage-command.ts';
import type { Command, StageCommandName } from '../../protocol/commands.ts';
import type { RoomId } from '../../protocol/ids.ts';
import { type CommandKey, keyOf } from '../../store/room-store.ts';
import type { Caller } from '../contract/caller.ts';
import { toActor } from '../contract/local-members.ts';
import { fail, type Outcome, repeatAnswer } from '../contract/outcome.ts';
import { hashPassword } from '../contract/password.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import type { ConnectionRooms } from '../membership/connection-rooms.ts';

/** A command of a client or of the app's backend that the stage decides. */
export type GivenStageCommand = Extract<Command, { name: StageCommandName }>;

/** What tells whether a command is the one that was answered. */
interface Remembered {
  readonly name: string;
  readonly payload: { readonly roomId: RoomId };
}

const service: Actor = { kind: 'service' };

export class StageCommands {
  readonly #deps: RoomDeps;
  readonly #rooms: LiveRooms;
  readonly #sessions: ConnectionRooms;

  constructor(deps: RoomDeps, rooms: LiveRooms, sessions: ConnectionRooms) {
    this.#deps = deps;
    this.#rooms = rooms;
    this.#sessions = sessions;
  }

  async byMember(caller: Caller, command: GivenStageCommand): Promise<Outcome> {
    const { roomId, commandId } = command.payload;
    const member = this.#sessions.memberOf(caller.sessionId, roomId);
    const key = keyOf(caller.userId, commandId);
    return member ? this.#execute(command, toActor(member), key) : this.byOutsider(command, key);
  }

  /** His membership may be over, but not the memory of what he was answered (ACK-2). */
  async byOutsider({ name, payload: { roomId } }: Remembered, key: CommandKey | null): Promise<Outcome> {
    const known = key && (await this.#deps.store.recall(roomId, key));
    return known ? repeatAnswer(known, name) : this.notAMember(roomId);
  }

  /** The app's backend needs no membership. */
  byService(command: GivenStageCommand): Promise<Outcome> {
    return this.#execute(command, service, keyOf('service', command.payload.commandId));
  }

  /** Whoever is not in the room is told whether there is one. */
  async notAMember(roomId: RoomId): Promise<Outcome> {
    const room = await this.#deps.store.load(roomId);
    if (!room) return fail('ROOM_NOT_FOUND');
    return fail(room.state.closed ? 'ROOM_CLOSED' : 'NOT_A_MEMBER');
  }

  #execute(command: GivenStageCommand, actor: Actor, key: CommandKey | null): Promise<Outcome> {
    return this.#rooms.use(command.payload.roomId, async (room) => {
      if (!room) return fail('ROOM_NOT_FOUND');
      const prepared = await this.#prepare(room, command, actor);
      if (!('ok' in prepared)) return room.execute(prepared, actor, key);
      // He may have been allowed to when he sent it for the first time (ACK-2).
      const known = key && (await this.#deps.store.recall(command.payload.roomId, key));
      return known ? repeatAnswer(known, command.name) : prepared;
    });
  }

  /** The domain never sees a password. Hashing is dear: nobody makes us do it who may not set one. */
  async #prepare(room: LiveRoom, command: GivenStageCommand, actor: Actor): Promise<StageCommand | Outcome> {
    if (command.name !== 'room:update') return command;
    const { password, ...payload } = command.payload;
    if (typeof password !== 'string') return { name: 'room:update', payload: { ...payload, passwordHash: password } };
    const withHash = (passwordHash: string): StageCommand => ({
      name: 'room:update',
      payload: { ...payload, passwordHash },
    });
    const denied = () => authorize(room.current.state, withHash(''), { actor, target: null });
    // This copy may be behind: he may have become the owner a moment ago.
    if (denied()) await room.catchUp();
    const rejection = denied();
    const { state, version } = room.current;
    if (state.closed) return fail('ROOM_CLOSED', { reason: state.closed.reason, version });
    if (rejection) return fail(rejection.code, { ...rejection.details, version });
    return withHash(await hashPassword(password, this.#deps.random));
  }
}

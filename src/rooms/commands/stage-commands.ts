// Commands that the stage decides, from a member or from the app's backend, on their way into the room's next turn.
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
import { SERVICE_USER, serviceActor } from '../contract/service.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import type { ConnectionRooms } from '../membership/connection-rooms.ts';

/** A command of a client or of the app's backend for the stage. */
export type GivenStageCommand = Extract<Command, { name: StageCommandName }>;

/** Enough of a command to find the answer that it had before. */
interface AnsweredCommand {
  readonly name: string;
  readonly payload: { readonly roomId: RoomId };
}

/** All methods reject when the store does not answer. */
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

  /** A command of a user that is no member. It may have been answered before the membership ended (ACK-2). */
  async byOutsider({ name, payload: { roomId } }: AnsweredCommand, key: CommandKey | null): Promise<Outcome> {
    const known = key && (await this.#deps.store.recall(roomId, key));
    return known ? repeatAnswer(known, name) : this.notAMember(roomId);
  }

  /** The app's backend needs no membership. */
  byService(command: GivenStageCommand): Promise<Outcome> {
    return this.#execute(command, serviceActor, keyOf(SERVICE_USER, command.payload.commandId));
  }

  /** The rejection of a user that is no member; it also says whether the room exists. */
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
      // The command may have been allowed when it was sent for the first time (ACK-2).
      const known = key && (await this.#deps.store.recall(command.payload.roomId, key));
      return known ? repeatAnswer(known, command.name) : prepared;
    });
  }

  /** The domain never sees a password. Hashing is expensive: this node does it only for an actor that may set one. */
  async #prepare(room: LiveRoom, command: GivenStageCommand, actor: Actor): Promise<StageCommand | Outcome> {
    if (command.name !== 'room:update') return command;
    const { password, ...payload } = command.payload;
    if (typeof password !== 'string') return { name: 'room:update', payload: { ...payload, passwordHash: password } };
    const withHash = (passwordHash: string): StageCommand => ({
      name: 'room:update',
      payload: { ...payload, passwordHash },
    });
    const rejectionNow = () => authorize(room.current.state, withHash(''), { actor, target: null });
    // This copy may be behind: the actor may have become the owner a moment ago.
    if (rejectionNow()) await room.catchUp();
    const rejection = rejectionNow();
    const { state, version } = room.current;
    if (state.closed) return fail('ROOM_CLOSED', { reason: state.closed.reason, version });
    if (rejection) return fail(rejection.code, { ...rejection.details, version });
    return withHash(await hashPassword(password, this.#deps.random));
  }
}

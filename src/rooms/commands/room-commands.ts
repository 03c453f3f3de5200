// Commands that change a room, from a member or from the app's backend: finds the author and the room. Those for the
// stage go into the room's next turn; messages and signals go to its writer (MSG-1, MSG-4, MSG-5, MSG-6).
import { authorize } from '../../domain/permissions.ts';
import type { StageCommand } from '../../domain/stage-command.ts';
import { assert } from '../../lang/assert.ts';
import type { Command, StageCommandName } from '../../protocol/commands.ts';
import type { CommandId, RoomId } from '../../protocol/ids.ts';
import type { MessageAsService, MessageCommandName } from '../../protocol/messages.ts';
import { type CommandKey, keyOf } from '../../store/room-store.ts';
import type { MessageAuthor } from '../chat/message-writer.ts';
import type { Caller } from '../contract/caller.ts';
import { toActor } from '../contract/local-members.ts';
import { fail, type Outcome, repeatAnswer } from '../contract/outcome.ts';
import { hashPassword } from '../contract/password.ts';
import type { RoomDeps } from '../contract/room-deps.ts';
import { namelessSender, SERVICE_USER, serviceActor } from '../contract/service.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import type { ConnectionRooms } from '../membership/connection-rooms.ts';

type GivenStageCommand = Extract<Command, { name: StageCommandName }>;
type MessageCommand = Extract<Command, { name: MessageCommandName }>;

/** All methods reject when the store does not answer. */
export class RoomCommands {
  readonly #deps: RoomDeps;
  readonly #rooms: LiveRooms;
  readonly #sessions: ConnectionRooms;

  constructor(deps: RoomDeps, rooms: LiveRooms, sessions: ConnectionRooms) {
    this.#deps = deps;
    this.#rooms = rooms;
    this.#sessions = sessions;
  }

  async byMember(caller: Caller, command: GivenStageCommand | MessageCommand): Promise<Outcome> {
    const { roomId, commandId } = command.payload;
    const key = keyOf(caller.userId, commandId);
    const member = this.#sessions.memberOf(caller.sessionId, roomId);
    // It may have been answered before the membership ended (ACK-2).
    if (!member) return (await this.#firstAnswer(command, key)) ?? this.notAMember(roomId);
    const actor = toActor(member);
    const { userId, name, avatar } = actor;
    return this.#execute(command, { actor, from: { userId, name, avatar }, key });
  }

  /** The app's backend needs no membership. It cannot send a signal, which must come from a member. */
  byService(command: GivenStageCommand | Exclude<MessageCommand, { name: 'signal:send' }>): Promise<Outcome> {
    return this.#execute(command, asService(command.payload.commandId));
  }

  /** A message of the backend under a name of its choice. */
  write(roomId: RoomId, message: MessageAsService): Promise<Outcome> {
    const from = message.from ? { userId: SERVICE_USER, ...message.from } : namelessSender;
    const author = { ...asService(message.commandId), from };
    return this.#execute({ name: 'message:send', payload: { roomId, ...message } }, author);
  }

  /** The rejection of a user that is no member; it also says whether the room exists. */
  async notAMember(roomId: RoomId): Promise<Outcome> {
    const room = await this.#deps.store.load(roomId);
    if (!room) return fail('ROOM_NOT_FOUND');
    return fail(room.state.closed ? 'ROOM_CLOSED' : 'NOT_A_MEMBER');
  }

  #execute(command: GivenStageCommand | MessageCommand, author: MessageAuthor): Promise<Outcome> {
    return this.#rooms.use(command.payload.roomId, async (room) => {
      if (!room) return fail('ROOM_NOT_FOUND');
      switch (command.name) {
        case 'message:send':
          return room.messageWriter.write(author, command.payload);
        case 'message:delete':
          return room.messageWriter.delete(author, command.payload.messageId);
        case 'signal:send':
          assert(author.actor.kind === 'member', 'a signal comes from a member');
          return room.messageWriter.signal(author.actor, command.payload, author.key);
        default:
          return this.#decide(room, command, author);
      }
    });
  }

  async #decide(room: LiveRoom, command: GivenStageCommand, { actor, key }: MessageAuthor): Promise<Outcome> {
    const prepared = await this.#prepare(room, command, actor);
    if (!('ok' in prepared)) return room.execute(prepared, actor, key);
    // The command may have been allowed when it was sent for the first time (ACK-2).
    return (await this.#firstAnswer(command, key)) ?? prepared;
  }

  /** The answer that the command has had before, if any. */
  async #firstAnswer(
    { name, payload }: GivenStageCommand | MessageCommand,
    key: CommandKey | null,
  ): Promise<Outcome | null> {
    const known = key && (await this.#deps.store.recall(payload.roomId, key));
    return known && repeatAnswer(known, name);
  }

  /** The domain never sees a password. Hashing is expensive: this node does it only for an actor that may set one. */
  async #prepare(
    room: LiveRoom,
    command: GivenStageCommand,
    actor: MessageAuthor['actor'],
  ): Promise<StageCommand | Outcome> {
    if (command.name !== 'room:update') return command;
    const { password, ...payload } = command.payload;
    const withHash = (passwordHash: string | null | undefined): StageCommand => ({
      name: 'room:update',
      payload: { ...payload, passwordHash },
    });
    if (typeof password !== 'string') return withHash(password);
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

const asService = (commandId: CommandId | undefined): MessageAuthor => ({
  actor: serviceActor,
  from: namelessSender,
  key: keyOf(SERVICE_USER, commandId),
});

// Messages and signals of members and of the app's backend: finds the room and the author (MSG-1, MSG-4, MSG-5, MSG-6).
import { assertNever } from '../../lang/assert.ts';
import type { Command } from '../../protocol/commands.ts';
import type { CommandId, RoomId } from '../../protocol/ids.ts';
import type { MessageAsService, MessageCommandName } from '../../protocol/messages.ts';
import { keyOf } from '../../store/room-store.ts';
import type { MessageAuthor } from '../chat/message-writer.ts';
import type { Caller } from '../contract/caller.ts';
import { toActor } from '../contract/local-members.ts';
import { fail, type Outcome } from '../contract/outcome.ts';
import { namelessSender, SERVICE_USER, serviceActor } from '../contract/service.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import type { ConnectionRooms } from '../membership/connection-rooms.ts';
import type { StageCommands } from './stage-commands.ts';

type MessageCommand = Extract<Command, { name: MessageCommandName }>;

interface MessageCommandsDeps {
  readonly rooms: LiveRooms;
  readonly sessions: ConnectionRooms;
  readonly stage: StageCommands;
}

/** All methods reject when the store does not answer. */
export class MessageCommands {
  readonly #deps: MessageCommandsDeps;

  constructor(deps: MessageCommandsDeps) {
    this.#deps = deps;
  }

  async byMember(caller: Caller, command: MessageCommand): Promise<Outcome> {
    const { roomId, commandId } = command.payload;
    const { sessions, stage } = this.#deps;
    const member = sessions.memberOf(caller.sessionId, roomId);
    const key = keyOf(caller.userId, commandId);
    if (!member) return stage.byOutsider(command, key);
    const actor = toActor(member);
    const { userId, name, avatar } = actor;
    const author = { actor, from: { userId, name, avatar }, key };
    return this.#in(roomId, (room) => {
      switch (command.name) {
        case 'message:send':
          return room.messageWriter.write(author, command.payload);
        case 'message:delete':
          return room.messageWriter.delete(author, command.payload.messageId);
        case 'signal:send':
          return room.messageWriter.signal(actor, command.payload, key);
        default:
          return assertNever(command);
      }
    });
  }

  /** The backend needs no membership. It cannot send a signal, which must come from a member. */
  async byService(command: MessageCommand): Promise<Outcome> {
    const { roomId, commandId } = command.payload;
    switch (command.name) {
      case 'message:send':
        return this.write(roomId, command.payload);
      case 'message:delete':
        return this.#in(roomId, (room) => room.messageWriter.delete(asService(commandId), command.payload.messageId));
      case 'signal:send':
        return fail('FORBIDDEN', { command: command.name });
      default:
        return assertNever(command);
    }
  }

  /** A message of the backend under a name of its choice. */
  write(roomId: RoomId, message: MessageAsService): Promise<Outcome> {
    const from = message.from ? { userId: SERVICE_USER, ...message.from } : namelessSender;
    return this.#in(roomId, (room) => room.messageWriter.write({ ...asService(message.commandId), from }, message));
  }

  #in(roomId: RoomId, task: (room: LiveRoom) => Promise<Outcome>): Promise<Outcome> {
    return this.#deps.rooms.use(roomId, async (room) => (room ? task(room) : fail('ROOM_NOT_FOUND')));
  }
}

const asService = (commandId: CommandId | undefined): MessageAuthor => ({
  actor: serviceActor,
  from: namelessSender,
  key: keyOf(SERVICE_USER, commandId),
});

// The commands that `decide` takes: the clients' stage commands, and the commands that Maiwei gives itself. For each
// command this file also says which facts the turn must read from the store first; `Context` carries these facts.
import { type Payload, type StageCommandName, stageAckSchemas } from '../protocol/commands.ts';
import type { UserId } from '../protocol/ids.ts';
import type { Reason } from '../protocol/stage.ts';
import { awayOf, type RoomState } from './room.ts';

/** The payload of `room:update` as the domain gets it: with a hash in place of the password. */
export type UpdateRoom = Omit<Payload<'room:update'>, 'password'> & {
  readonly passwordHash?: string | null | undefined;
};

/** A parsed stage command of a client or of the app's backend. */
export type ClientCommand = {
  [Name in StageCommandName]: { name: Name; payload: Name extends 'room:update' ? UpdateRoom : Payload<Name> };
}[StageCommandName];

/** Maiwei's own commands. `fence` names the session that ended, so that a late command cannot hit a newer session. */
export type OwnCommand =
  /** The member left by their own wish (ROOM-3). With a `reason`: Maiwei ended the membership (CONN-13). */
  | { name: 'member:leave'; payload: { userId: UserId; fence: number; reason?: Reason } }
  /** The member's connection ended; their grace begins (PRES-1). */
  | { name: 'member:drop'; payload: { userId: UserId; fence: number } }
  /** The member is back within their grace. */
  | { name: 'member:return'; payload: { userId: UserId; fence: number } }
  /** The room has been empty for `emptyMs` (ROOM-7). The store makes sure that it is still empty. */
  | { name: 'room:expire'; payload: Record<string, never> }
  /** Everything overdue ends: graces, requests, invitations (PRES-2, REQ-3, INV-1). */
  | { name: 'room:sweep'; payload: Record<string, never> };

export type StageCommand = ClientCommand | OwnCommand;
export type OwnCommandName = OwnCommand['name'];

/** Whether this is one of Maiwei's own commands. Clients cannot send these names: the protocol does not know them. */
export const isOwnCommand = (command: StageCommand): command is OwnCommand =>
  !Object.hasOwn(stageAckSchemas, command.name);

export type StageCommandOf<Name extends StageCommand['name']> = Extract<StageCommand, { name: Name }>['payload'];

/**
 * The user, besides the actor, whose membership the command relies on; null if there is none. The membership is read
 * before the turn and becomes `Context.target`. Its fence is a guard of the commit: if the membership has ended by
 * then, the commit is refused and the command is decided again.
 */
export function targetOf(command: StageCommand): UserId | null {
  switch (command.name) {
    case 'invite:send':
    case 'seat:pick':
    case 'admin:add':
    case 'owner:transfer':
    case 'member:kick':
    case 'member:ban':
    case 'member:silence':
      return command.payload.userId;
    default:
      return null;
  }
}

/** The user whose ban and silence the command depends on; they are read before the turn, for `Context.sanctions`. */
export function sanctionedBy(command: StageCommand): UserId | null {
  switch (command.name) {
    case 'member:kick':
    case 'member:ban':
    case 'member:unban':
    case 'member:silence':
    case 'member:unsilence':
      return command.payload.userId;
    default:
      return null;
  }
}

/**
 * The users who might become the owner, if this command ends the owner's membership (ROOM-7). Before the turn the store
 * says which of them are in the room; these are `Context.present`. Seated users are candidates too, but the stage knows
 * them itself.
 */
export function candidatesOf(room: RoomState, command: StageCommand): readonly UserId[] {
  if (room.settings.ownerAbsent !== 'promote') return [];
  const { ownerId, admins } = room.roles;
  switch (command.name) {
    case 'member:leave':
    case 'member:kick':
    case 'member:ban':
      return command.payload.userId === ownerId ? admins : [];
    case 'room:sweep':
      return awayOf(room, ownerId) ? admins : [];
    case 'owner:transfer':
      // The new owner may leave in the very turn.
      return admins;
    default:
      return [];
  }
}

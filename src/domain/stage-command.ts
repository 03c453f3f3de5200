// What decide() judges: the clients' stage commands and the commands Maiwei gives itself. Must not judge.
import type { Payload, StageCommandName } from '../protocol/commands.ts';
import type { UserId } from '../protocol/ids.ts';
import type { Reason } from '../protocol/stage.ts';
import { awayOf, type RoomState } from './room.ts';

/** room:update as the domain sees it: the password is hashed before it gets here. */
export type UpdateRoom = Omit<Payload<'room:update'>, 'password'> & {
  readonly passwordHash?: string | null | undefined;
};

export type ClientCommand = {
  [Name in StageCommandName]: { name: Name; payload: Name extends 'room:update' ? UpdateRoom : Payload<Name> };
}[StageCommandName];

/** Maiwei's own commands; `fence` names the session they are about, so that a late one hits nobody else. */
export type OwnCommand =
  /** The member left of his own will (ROOM-3); with a reason: his membership was ended (CONN-13). */
  | { name: 'member:leave'; payload: { userId: UserId; fence: number; reason?: Reason } }
  /** His connection ended; his grace begins (PRES-1). */
  | { name: 'member:drop'; payload: { userId: UserId; fence: number } }
  /** He is back within his grace. */
  | { name: 'member:return'; payload: { userId: UserId; fence: number } }
  /** Nobody has been in the room for `emptyMs` (ROOM-7); the store makes sure that it is empty still. */
  | { name: 'room:expire'; payload: Record<string, never> }
  /** Whatever is overdue ends: graces, requests, invitations (PRES-2, REQ-3, INV-1). */
  | { name: 'room:sweep'; payload: Record<string, never> };

export type StageCommand = ClientCommand | OwnCommand;
export type OwnCommandName = OwnCommand['name'];

const ownCommandNames: Readonly<Record<OwnCommandName, true>> = {
  'member:leave': true,
  'member:drop': true,
  'member:return': true,
  'room:expire': true,
  'room:sweep': true,
};

export const isOwnCommand = (command: StageCommand): command is OwnCommand =>
  Object.hasOwn(ownCommandNames, command.name);

export type StageCommandOf<Name extends StageCommand['name']> = Extract<StageCommand, { name: Name }>['payload'];

/** The user whose membership the command relies on, besides the actor: read before the turn, guarded in the commit. */
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

/** The user whose bans and silences the command depends on. */
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

/** Who might follow the owner if the command ends his membership (ROOM-7): whether they are there is read before. */
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

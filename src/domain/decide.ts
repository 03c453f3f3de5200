// Decides one command: checks the permission, then calls the rule. The rules are in the files named after their nouns.
import { assertNever } from '../lang/assert.ts';
import type { Rejection } from '../protocol/errors.ts';
import { applyAll } from './apply.ts';
import { changeAttributes } from './attributes.ts';
import { type Context, type MemberContext, type Ruling, stamp } from './decision.ts';
import { acceptInvitation, cancelInvitation, declineInvitation, inviteToSeat } from './invitations.ts';
import { banMember, kickMember, silenceMember, unbanMember, unsilenceMember } from './moderation.ts';
import { authorize } from './permissions.ts';
import { acceptRequest, cancelRequest, rejectRequest, sendRequest } from './requests.ts';
import { addAdmin, removeAdmin, transferOwner } from './roles.ts';
import type { RoomState } from './room.ts';
import { controlAllSeats, controlSeat, lockSeat } from './seat-control.ts';
import { kickFromSeat, leaveSeat, moveSeat, pickSeat, setMic, takeSeat } from './seats.ts';
import { closeRoom, updateRoom } from './settings.ts';
import type { StageCommand } from './stage-command.ts';
import type { StageEvent } from './stage-event.ts';
import { dropMember, expireRoom, leaveStage, returnMember, sweepStage } from './stage-membership.ts';

/** A ruling with its effect on the room: `next` is the room with all `events` applied. No events: nothing to change. */
export type Decision =
  | {
      readonly ok: true;
      readonly events: readonly StageEvent[];
      readonly next: RoomState;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | { readonly ok: false; readonly rejection: Rejection };

/** Decides one command against one state. Pure: same arguments, same answer. */
export function decide(room: RoomState, command: StageCommand, context: Context): Decision {
  if (room.closed) return { ok: false, rejection: { code: 'ROOM_CLOSED', details: { reason: room.closed.reason } } };
  const denied = authorize(room, command, context);
  if (denied) return { ok: false, rejection: denied };
  const ruling = rule(room, command, context);
  if (!ruling.ok) return ruling;
  const next = applyAll(room, ruling.events);
  return { ok: true, data: ruling.data, next, events: [...ruling.events, ...counted(room, next, context)] };
}

/**
 * The public event for a queue whose length changed. All members get the new length, but not the name of the requester
 * (REQ-4). So the event is the system's, even if a member changed the queue.
 */
function counted(before: RoomState, after: RoomState, context: Context): StageEvent[] {
  const requestCount = after.requests.length;
  if (requestCount === before.requests.length) return [];
  return [stamp({ ...context, actor: { kind: 'system' } }, { type: 'requests.counted', requestCount })];
}

function rule(room: RoomState, command: StageCommand, context: Context): Ruling {
  switch (command.name) {
    case 'room:update':
      return updateRoom(room, command.payload, context);
    case 'room:attributes':
      return changeAttributes(room, command.payload, context);
    case 'room:close':
      return closeRoom(room, command.payload, context);
    case 'admin:add':
      return addAdmin(room, command.payload, context);
    case 'admin:remove':
      return removeAdmin(room, command.payload, context);
    case 'owner:transfer':
      return transferOwner(room, command.payload, context);
    case 'seat:pick':
      return pickSeat(room, command.payload, context);
    case 'seat:kick':
      return kickFromSeat(room, command.payload, context);
    case 'seat:lock':
      return lockSeat(room, command.payload, context);
    case 'seat:unlock':
      return controlSeat(room, { control: 'unlock', seat: command.payload.seat }, context);
    case 'seat:mute':
      return controlSeat(room, { control: 'mute', seat: command.payload.seat }, context);
    case 'seat:unmute':
      return controlSeat(room, { control: 'unmute', seat: command.payload.seat }, context);
    case 'seats:lock':
      return controlAllSeats(room, 'lock', context);
    case 'seats:unlock':
      return controlAllSeats(room, 'unlock', context);
    case 'seats:mute':
      return controlAllSeats(room, 'mute', context);
    case 'seats:unmute':
      return controlAllSeats(room, 'unmute', context);
    case 'request:accept':
      return acceptRequest(room, command.payload, context);
    case 'request:reject':
      return rejectRequest(room, command.payload, context);
    case 'invite:send':
      return inviteToSeat(room, command.payload, context);
    case 'invite:cancel':
      return cancelInvitation(room, command.payload, context);
    case 'member:kick':
      return kickMember(room, command.payload, context);
    case 'member:ban':
      return banMember(room, command.payload, context);
    case 'member:unban':
      return unbanMember(command.payload, context);
    case 'member:silence':
      return silenceMember(command.payload, context);
    case 'member:unsilence':
      return unsilenceMember(command.payload, context);
    case 'member:leave':
      return leaveStage(room, command.payload, context);
    case 'member:drop':
      return dropMember(room, command.payload, context);
    case 'member:return':
      return returnMember(room, command.payload, context);
    case 'room:expire':
      return expireRoom(room, context);
    case 'room:sweep':
      return sweepStage(room, context);
    default:
      return ruleForMember(room, command, context);
  }
}

type MembersOwn = Extract<
  StageCommand,
  {
    name:
      | 'seat:take'
      | 'seat:leave'
      | 'seat:move'
      | 'mic:set'
      | 'request:send'
      | 'request:cancel'
      | 'invite:accept'
      | 'invite:decline';
  }
>;

/** Commands that members give for themselves. The permission table refuses them to all other actors. */
function ruleForMember(room: RoomState, command: MembersOwn, context: Context): Ruling {
  if (!isMember(context)) return { ok: false, rejection: { code: 'FORBIDDEN' } };
  switch (command.name) {
    case 'seat:take':
      return takeSeat(room, command.payload, context);
    case 'seat:leave':
      return leaveSeat(room, context);
    case 'seat:move':
      return moveSeat(room, command.payload, context);
    case 'mic:set':
      return setMic(room, command.payload, context);
    case 'request:send':
      return sendRequest(room, command.payload, context);
    case 'request:cancel':
      return cancelRequest(room, context);
    case 'invite:accept':
      return acceptInvitation(room, context);
    case 'invite:decline':
      return declineInvitation(room, context);
    default:
      return assertNever(command);
  }
}

const isMember = (context: Context): context is MemberContext => context.actor.kind === 'member';

// Decides one command: checks the permission, then calls the rule. The rules are in the files named after their nouns.
import type { Rejection } from '../protocol/errors.ts';
import { applyAll } from './apply.ts';
import { changeAttributes } from './attributes.ts';
import {
  type Context,
  type MemberContext,
  type MemberRule,
  type Rule,
  type Ruling,
  reject,
  stamp,
} from './decision.ts';
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
  | (Extract<Ruling, { ok: true }> & { readonly next: RoomState })
  | { readonly ok: false; readonly rejection: Rejection };

/** Decides one command against one state. Pure: same arguments, same answer. */
export function decide(room: RoomState, command: StageCommand, context: Context): Decision {
  if (room.closed) return { ok: false, rejection: { code: 'ROOM_CLOSED', details: { reason: room.closed.reason } } };
  const denied = authorize(room, command, context);
  if (denied) return { ok: false, rejection: denied };
  // The type of the table makes sure that a rule gets the payload of its command.
  const rule = rules[command.name] as (room: RoomState, context: Context, payload: StageCommand['payload']) => Ruling;
  const ruling = rule(room, context, command.payload);
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

/** The permission table refuses the commands of members for themselves to all other actors. */
const forMembers =
  <Name extends StageCommand['name']>(rule: MemberRule<Name>): Rule<Name> =>
  (room, context, payload) =>
    isMember(context) ? rule(room, context, payload) : reject('FORBIDDEN');

const isMember = (context: Context): context is MemberContext => context.actor.kind === 'member';

const rules: { readonly [Name in StageCommand['name']]: Rule<Name> } = {
  'room:update': updateRoom,
  'room:attributes': changeAttributes,
  'room:close': closeRoom,
  'admin:add': addAdmin,
  'admin:remove': removeAdmin,
  'owner:transfer': transferOwner,

  'seat:take': forMembers(takeSeat),
  'seat:leave': forMembers(leaveSeat),
  'seat:move': forMembers(moveSeat),
  'mic:set': forMembers(setMic),
  'seat:pick': pickSeat,
  'seat:kick': kickFromSeat,
  'seat:lock': lockSeat,
  'seat:unlock': controlSeat('unlock'),
  'seat:mute': controlSeat('mute'),
  'seat:unmute': controlSeat('unmute'),
  'seats:lock': controlAllSeats('lock'),
  'seats:unlock': controlAllSeats('unlock'),
  'seats:mute': controlAllSeats('mute'),
  'seats:unmute': controlAllSeats('unmute'),

  'request:send': forMembers(sendRequest),
  'request:cancel': forMembers(cancelRequest),
  'request:accept': acceptRequest,
  'request:reject': rejectRequest,
  'invite:send': inviteToSeat,
  'invite:cancel': cancelInvitation,
  'invite:accept': forMembers(acceptInvitation),
  'invite:decline': forMembers(declineInvitation),

  'member:kick': kickMember,
  'member:ban': banMember,
  'member:unban': unbanMember,
  'member:silence': silenceMember,
  'member:unsilence': unsilenceMember,

  'member:leave': leaveStage,
  'member:drop': dropMember,
  'member:return': returnMember,
  'room:expire': expireRoom,
  'room:sweep': sweepStage,
};

// The commands that the role of this user allows (ROLE-1). The server decides; this only hides useless buttons.
// @ts-check
import { isStaff, roleOf, seatOf } from './room-view.js';

/** @typedef {import('./room-view.js').Room} Room */
/** @typedef {import('../protocol/stage.ts').Seat} Seat */
/**
 * @typedef {object} Action
 * @property {string} label
 * @property {string} command
 * @property {object} payload
 * @property {string} key Names the button, also when its label changes (lock/unlock).
 * @property {boolean} [isMain]
 * @property {string} [hint]
 * @property {string} [confirm] A question to ask first.
 */

/**
 * Every user may act on themself, admins on members, the owner on all.
 * @param {Room} room
 * @param {string} me
 * @param {string} userId
 */
export const mayActOn = (room, me, userId) =>
  me === userId || roleOf(room, me) === 'owner' || roleOf(room, userId) === 'member';

/**
 * Whether staff may lock and mute that seat. The rank of the occupant counts, and the owner seat belongs to the owner,
 * also with another occupant (SEAT-9). On their own seat staff may do everything.
 * @param {Room} room
 * @param {string} me
 * @param {Seat} seat
 */
function mayControl(room, me, { seat, occupant }) {
  if (occupant?.userId === me) return true;
  if (occupant && !mayActOn(room, me, occupant.userId)) return false;
  return seat !== room.ownerSeat || mayActOn(room, me, room.ownerId);
}

/**
 * The buttons of one seat.
 * @param {Room} room
 * @param {string} me
 * @param {Seat} seat
 * @returns {Action[]}
 */
export function seatActions(room, me, seat) {
  return [...ownActions(room, me, seat), ...(isStaff(room, me) ? staffActions(room, me, seat) : [])];
}

/**
 * @param {Room} room
 * @param {string} me
 * @param {Seat} seat
 * @returns {Action[]}
 */
function ownActions(room, me, { seat, occupant, locked }) {
  if (occupant?.userId === me) return [{ label: 'Leave seat', command: 'seat:leave', payload: {}, key: 'leave' }];
  if (occupant || locked || (seat === room.ownerSeat && room.ownerId !== me)) return [];
  if (seatOf(room, me)) return [{ label: 'Move here', command: 'seat:move', payload: { seat }, key: 'move' }];
  if (room.seatMode === 'free' || isStaff(room, me)) {
    return [{ label: 'Take seat', command: 'seat:take', payload: { seat }, key: 'take' }];
  }
  if (room.seatMode === 'invite') return [];
  return [{ label: 'Request', command: 'request:send', payload: { seat }, key: 'request' }];
}

/**
 * @param {Room} room
 * @param {string} me
 * @param {Seat} seat
 * @returns {Action[]}
 */
function staffActions(room, me, seat) {
  const { occupant } = seat;
  // A kick concerns the occupant alone, also on the owner seat. Nobody kicks themself: they leave.
  const mayKick = occupant !== null && occupant.userId !== me && mayActOn(room, me, occupant.userId);
  return [
    ...(mayControl(room, me, seat) ? controls(seat) : []),
    ...(mayKick ? [{ label: 'Kick', command: 'seat:kick', payload: { seat: seat.seat }, key: 'kick' }] : []),
  ];
}

/**
 * @param {Seat} place
 * @returns {Action[]}
 */
function controls({ seat, occupant, locked, hostMuted }) {
  const payload = { seat };
  const hint = occupant ? 'Locking also takes the occupant off the seat' : '';
  return [
    hostMuted
      ? { label: 'Unmute', command: 'seat:unmute', payload, key: 'mute' }
      : { label: 'Mute', command: 'seat:mute', payload, key: 'mute' },
    locked
      ? { label: 'Unlock', command: 'seat:unlock', payload, key: 'lock' }
      : { label: 'Lock', command: 'seat:lock', payload, key: 'lock', hint },
  ];
}

/**
 * The most frequent command about a member of the audience.
 * @param {Room} room
 * @param {string} me
 * @param {string} userId
 * @returns {Action[]}
 */
export function memberActions(room, me, userId) {
  if (!mayModerate(room, me, userId) || seatOf(room, userId) !== null) return [];
  const payload = { userId };
  const isInvited = room.invitations?.some((invitation) => invitation.userId === userId) ?? false;
  return [
    isInvited
      ? { label: 'Cancel invitation', command: 'invite:cancel', payload, key: 'invite' }
      : { label: 'Invite', command: 'invite:send', payload, key: 'invite' },
  ];
}

/**
 * Staff on somebody else of a lower rank; the owner on everybody else.
 * @param {Room} room
 * @param {string} me
 * @param {string} userId
 */
const mayModerate = (room, me, userId) => userId !== me && isStaff(room, me) && mayActOn(room, me, userId);

/** The longest silence: a year. */
const SILENCE_MAX_MS = 365 * 24 * 60 * 60_000;

/**
 * The other commands of staff about a member: kick, ban, silence (PRES-6); the owner also gives roles.
 * @param {Room} room
 * @param {string} me
 * @param {{ userId: string, forMs: number | null }} sanction Null: forever, or the longest time there is.
 * @returns {Action[]}
 */
export function moderationActions(room, me, { userId, forMs }) {
  if (!mayModerate(room, me, userId)) return [];
  const payload = { userId };
  return [
    { label: 'Kick', command: 'member:kick', payload, key: 'kick', hint: 'Out of the room; may come back' },
    banAction(userId, forMs),
    {
      label: 'Silence',
      command: 'member:silence',
      payload: { userId, forMs: forMs ?? SILENCE_MAX_MS },
      key: 'silence',
    },
    { label: 'Unsilence', command: 'member:unsilence', payload, key: 'unsilence' },
    ...(roleOf(room, me) === 'owner' ? ownerActions(room, userId) : []),
  ];
}

/**
 * @param {string} userId
 * @param {number | null} forMs
 * @returns {Action}
 */
function banAction(userId, forMs) {
  const action = { label: 'Kick + ban', key: 'ban', hint: 'Out of the room, and kept out' };
  return forMs === null
    ? { ...action, command: 'member:ban', payload: { userId } }
    : { ...action, command: 'member:kick', payload: { userId, banMs: forMs } };
}

/**
 * The buttons beside a message: members delete their own chat, staff deletes any message (MSG-6).
 * @param {Room} room
 * @param {string} me
 * @param {import('./chat-view.js').Message} message
 * @returns {Action[]}
 */
export function messageActions(room, me, { messageId, kind, from }) {
  if (!isStaff(room, me) && (from.userId !== me || kind !== 'chat')) return [];
  return [{ label: 'Delete', command: 'message:delete', payload: { messageId }, key: 'delete' }];
}

/**
 * Whether the room's setting lets that user chat (MSG-3). A silence shows only in the refusal.
 * @param {Room} room
 * @param {string} me
 */
export const mayChat = (room, me) =>
  isStaff(room, me) || room.chat === 'all' || (room.chat === 'seated' && seatOf(room, me) !== null);

/**
 * @param {Room} room
 * @param {string} userId
 * @returns {Action[]}
 */
function ownerActions(room, userId) {
  const payload = { userId };
  return [
    roleOf(room, userId) === 'admin'
      ? { label: 'Remove admin', command: 'admin:remove', payload, key: 'admin' }
      : { label: 'Make admin', command: 'admin:add', payload, key: 'admin' },
    {
      label: 'Make owner',
      command: 'owner:transfer',
      payload,
      key: 'owner',
      confirm: `Hand the room over to ${userId}? You become an admin.`,
    },
  ];
}

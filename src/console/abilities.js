// Which commands this person's role offers where: the page's reading of ROLE-1. The server decides; this only saves clicks.
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
 * Everybody may act on himself, admins on members, the owner on all.
 * @param {Room} room
 * @param {string} me
 * @param {string} userId
 */
export const mayActOn = (room, me, userId) =>
  me === userId || roleOf(room, me) === 'owner' || roleOf(room, userId) === 'member';

/**
 * Whether staff may lock and mute that seat: its occupant's rank counts, and the owner seat is the owner's whoever sits
 * on it (SEAT-9); on one's own seat everything goes.
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
  // Kicking is about the occupant alone, also on the owner seat; nobody kicks himself, he leaves.
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
 * The buttons beside a member of the audience.
 * @param {Room} room
 * @param {string} me
 * @param {string} userId
 * @returns {Action[]}
 */
export function memberActions(room, me, userId) {
  if (userId === me || !isStaff(room, me) || !mayActOn(room, me, userId)) return [];
  const payload = { userId };
  const isInvited = room.invitations?.some((invitation) => invitation.userId === userId) ?? false;
  const isSeated = seatOf(room, userId) !== null;
  /** @type {Action} */
  const invitation = isInvited
    ? { label: 'Cancel invitation', command: 'invite:cancel', payload, key: 'invite' }
    : { label: 'Invite', command: 'invite:send', payload, key: 'invite' };
  return [...(isSeated ? [] : [invitation]), ...(roleOf(room, me) === 'owner' ? ownerActions(room, userId) : [])];
}

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

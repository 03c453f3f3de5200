// The cards of the seats, and the bar of commands about the user's own place.
// @ts-check
import { seatActions } from './abilities.js';
import { actionButton } from './buttons.js';
import { avatar, byId, chip, el, fill, whenChanged } from './dom.js';
import { isOnAir, isStaff, seatOf } from './room-view.js';
import { clockTime } from './text.js';

/** @typedef {import('./room-client.js').Place} Place */
/** @typedef {import('./room-view.js').Room} Room */
/** @typedef {import('../protocol/stage.ts').Seat} Seat */
/** @typedef {import('./buttons.js').Do} Do */

/** @param {Do} act */
export function createSeatsPanel(act) {
  const drawSeats = whenChanged((/** @type {Room} */ room, /** @type {string} */ me) => {
    fill(byId('seats'), ...room.seats.map((seat) => seatCard(room, me, { seat, act })));
    byId('no-seats').hidden = room.seats.length > 0;
    drawTools(room, me, act);
  });
  return {
    /**
     * @param {Place} place
     * @param {string} me
     */
    render({ room, request, invitation }, me) {
      drawSeats(room, me);
      drawOwnBar({ room, request, me, act });
      drawInvitation(invitation, act);
    },
  };
}

/**
 * @param {Room} room
 * @param {string} me
 * @param {{ seat: Seat, act: Do }} rest
 */
function seatCard(room, me, { seat, act }) {
  const { occupant } = seat;
  const id = `seat-${seat.seat}`;
  const isMine = occupant?.userId === me;
  const classes = ['seat', isMine ? 'mine' : '', isOnAir(seat) ? 'on-air' : '', occupant ? '' : 'empty'];
  return el(
    'li',
    { class: classes.join(' '), testid: id },
    el(
      'div',
      { class: 'seat-top' },
      el('span', { class: 'seat-number' }, `Seat ${seat.seat}`),
      ...(seat.seat === room.ownerSeat
        ? [chip('Owner', { testid: `${id}-owner`, hint: 'This seat is kept for the owner' })]
        : []),
    ),
    occupant ? avatar(occupant.userId, occupant.name) : el('span', { class: 'avatar free', 'aria-hidden': 'true' }),
    el('p', { class: 'seat-name', testid: `${id}-occupant` }, occupant ? occupant.name || occupant.userId : 'Empty'),
    occupant ? el('p', { class: 'seat-id' }, `${occupant.userId}${isMine ? ' · you' : ''}`) : null,
    el('p', { class: 'chips', testid: `${id}-state` }, ...seatChips(seat)),
    el('div', { class: 'actions' }, ...seatActions(room, me, seat).map((action) => actionButton(action, id, act))),
  );
}

/** @param {Seat} seat */
function seatChips(seat) {
  const { occupant, locked, hostMuted } = seat;
  return [
    ...(isOnAir(seat) ? [chip('On air', { tone: 'good' })] : []),
    ...(occupant?.awayUntil ? [chip(`Away until ${clockTime(occupant.awayUntil)}`, { tone: 'warn' })] : []),
    ...(hostMuted ? [chip('Muted by host', { tone: 'warn' })] : []),
    ...(occupant?.selfMuted ? [chip('Mic off')] : []),
    ...(locked ? [chip('Locked', { tone: 'warn' })] : []),
  ];
}

/**
 * @param {{ room: Room, request: Place['request'], me: string, act: Do }} own
 */
function drawOwnBar({ room, request, me, act }) {
  const seat = seatOf(room, me);
  fill(byId('own-bar'), ...(seat ? seatedBar(seat, act) : unseatedBar({ room, request, me, act })));
}

/**
 * @param {Seat} seat
 * @param {Do} act
 */
function seatedBar(seat, act) {
  const isOff = seat.occupant?.selfMuted ?? false;
  const state = isOnAir(seat) ? 'You are on air' : seat.hostMuted ? 'You are muted by the host' : 'Your mic is off';
  return [
    el('span', { class: 'own-state', testid: 'my-place' }, `Seat ${seat.seat} · ${state}`),
    barButton(isOff ? 'Mic on' : 'Mic off', {
      key: 'mic',
      isMain: isOff,
      onclick: () => act('mic:set', { on: isOff }),
    }),
    barButton('Leave seat', { key: 'seat-leave', onclick: () => act('seat:leave', {}) }),
  ];
}

/**
 * @param {{ room: Room, request: Place['request'], me: string, act: Do }} own
 */
function unseatedBar({ room, request, me, act }) {
  if (request) {
    const position = request.position === undefined ? '' : ` · number ${request.position} in the queue`;
    return [
      el('span', { class: 'own-state', testid: 'my-place' }, `You asked for a seat${position}`),
      barButton('Cancel request', { key: 'request-cancel', onclick: () => act('request:cancel', {}) }),
    ];
  }
  const listening = el('span', { class: 'own-state', testid: 'my-place' }, 'You are listening');
  if (room.seatMode === 'free' || isStaff(room, me)) {
    return [listening, barButton('Take a seat', { key: 'take', isMain: true, onclick: () => act('seat:take', {}) })];
  }
  if (room.seatMode === 'invite') return [listening, el('span', { class: 'muted' }, 'Seats are by invitation')];
  const onclick = () => act('request:send', {});
  return [listening, barButton('Request a seat', { key: 'request', isMain: true, onclick })];
}

/**
 * @param {string} label
 * @param {{ key: string, isMain?: boolean, onclick: () => void }} options
 */
function barButton(label, { key, isMain = false, onclick }) {
  return el('button', { type: 'button', class: isMain ? 'main' : '', testid: `my-${key}`, key, onclick }, label);
}

/**
 * @param {Place['invitation']} invitation
 * @param {Do} act
 */
function drawInvitation(invitation, act) {
  const banner = byId('invitation');
  banner.hidden = invitation === null;
  if (!invitation) return fill(banner);
  const where = typeof invitation.seat === 'number' ? `seat ${invitation.seat}` : 'any free seat';
  fill(
    banner,
    el('p', {}, `${invitation.by ?? 'Staff'} invites you to ${where}, until ${clockTime(invitation.expiresAt)}.`),
    barButton('Accept', { key: 'invite-accept', isMain: true, onclick: () => act('invite:accept', {}) }),
    barButton('Decline', { key: 'invite-decline', onclick: () => act('invite:decline', {}) }),
  );
}

/**
 * The buttons of staff for all seats at once.
 * @param {Room} room
 * @param {string} me
 * @param {Do} act
 */
function drawTools(room, me, act) {
  const tools = byId('seat-tools');
  tools.hidden = !isStaff(room, me) || room.seats.length === 0;
  const all = ['Mute all', 'Unmute all', 'Lock all', 'Unlock all'];
  fill(
    tools,
    ...all.map((label) => {
      const verb = label.split(' ')[0]?.toLowerCase() ?? '';
      const onclick = () => act(`seats:${verb}`, {});
      return el(
        'button',
        { type: 'button', class: 'small', testid: `seats-${verb}`, key: `all-${verb}`, onclick },
        label,
      );
    }),
  );
}

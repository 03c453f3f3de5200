// Outside a room: the list of open rooms, joining by id, creating one. Must not know the connection.
// @ts-check
import { byId, el, fieldById, fill } from './dom.js';

/**
 * @typedef {object} RoomLine
 * @property {string} roomId
 * @property {string} title
 * @property {string} ownerId
 * @property {number} seatCount
 * @property {number} seatsTaken
 * @property {number} audienceCount
 * @property {boolean} hasPassword
 */
/**
 * @typedef {object} Actions
 * @property {(roomId: string, password: string) => void} join
 * @property {(settings: Record<string, unknown>) => void} create
 * @property {() => void} refresh
 */

/** @param {Actions} actions */
export function createLobbyPanel({ join, create, refresh }) {
  const [roomId, password] = [fieldById('join-id'), fieldById('join-password')];
  byId('join').addEventListener('submit', (event) => {
    event.preventDefault();
    join(roomId.value.trim(), password.value);
  });
  byId('create').addEventListener('submit', (event) => {
    event.preventDefault();
    create(newRoomSettings());
  });
  byId('refresh').addEventListener('click', refresh);

  /** @param {RoomLine} line */
  const choose = (line) => {
    if (!line.hasPassword) return join(line.roomId, '');
    roomId.value = line.roomId;
    password.value = '';
    password.focus();
  };
  return {
    /** @param {RoomLine[]} lines */
    showRooms(lines) {
      const rows = lines.map((line) => roomRow(line, () => choose(line)));
      const none = el('li', { class: 'muted' }, 'No room is open. Create the first one.');
      fill(byId('rooms'), ...(rows.length > 0 ? rows : [none]));
    },
    /** @param {string} id */
    prefill(id) {
      roomId.value = id;
    },
    /** Passwords do not stay in the fields. */
    clear() {
      password.value = '';
      fieldById('create-password').value = '';
    },
  };
}

/**
 * @param {RoomLine} line
 * @param {() => void} onclick
 */
function roomRow({ roomId, title, ownerId, seatCount, seatsTaken, audienceCount, hasPassword }, onclick) {
  const facts = `${seatsTaken} of ${seatCount} seats · ${audienceCount} in the room · by ${ownerId}`;
  const button = { type: 'button', class: 'small main', testid: `join-${roomId}`, key: roomId, onclick };
  return el(
    'li',
    { class: 'person', testid: `room-${roomId}` },
    el(
      'div',
      { class: 'person-text' },
      el(
        'span',
        { class: 'person-name' },
        title,
        ...(hasPassword ? [el('span', { class: 'chip warn' }, 'Password')] : []),
      ),
      el('span', { class: 'muted' }, facts),
    ),
    el('button', { ...button, 'aria-label': `Join ${title}` }, 'Join'),
  );
}

function newRoomSettings() {
  const text = (/** @type {string} */ name) => fieldById(`create-${name}`).value.trim();
  const ownerSeat = text('owner-seat');
  const roomId = text('id');
  const password = fieldById('create-password').value;
  return {
    title: text('title'),
    seatCount: Number(text('seats')),
    seatMode: text('mode'),
    ownerSeat: ownerSeat === '' ? null : Number(ownerSeat),
    ...(roomId ? { roomId } : {}),
    ...(password ? { password } : {}),
  };
}

// The page outside a room: the list of open rooms, a form to join by id, and a form to create a room.
// @ts-check
import { byId, chip, el, fieldById, fill } from './dom.js';

/**
 * @typedef {object} RoomLine
 * @property {string} roomId
 * @property {string} title
 * @property {string} ownerId
 * @property {string | null} category
 * @property {string[]} tags
 * @property {number} seatCount
 * @property {number} seatsTaken
 * @property {number} audienceCount
 * @property {boolean} hasPassword
 */
/**
 * @typedef {object} Actions
 * @property {(roomId: string, password: string) => void} join
 * @property {(settings: Record<string, unknown>) => void} create
 * @property {() => void} refresh Called when another page, order or category is chosen.
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
  /** The cursors of this page and of the next one. `cursor` null: the first page; `next` null: this is the last. */
  let cursor = /** @type {string | null} */ (null);
  let next = /** @type {string | null} */ (null);
  /** @param {string | null} from */
  const turnTo = (from) => {
    cursor = from;
    refresh();
  };
  byId('refresh').addEventListener('click', refresh);
  byId('rooms-first').addEventListener('click', () => turnTo(null));
  byId('rooms-next').addEventListener('click', () => turnTo(next));
  // A cursor belongs to one order and category.
  byId('rooms-query').addEventListener('change', () => turnTo(null));
  byId('rooms-query').addEventListener('submit', (event) => {
    event.preventDefault();
    turnTo(null);
  });

  /** @param {RoomLine} line */
  const choose = (line) => {
    if (!line.hasPassword) return join(line.roomId, '');
    roomId.value = line.roomId;
    password.value = '';
    password.focus();
  };
  return {
    /** Which rooms are to be shown. */
    query() {
      const category = fieldById('rooms-category').value.trim();
      return {
        sort: fieldById('rooms-sort').value,
        ...(category ? { category } : {}),
        ...(cursor === null ? {} : { cursor }),
      };
    },
    /** @param {{ rooms: RoomLine[], cursor: string | null }} page */
    showRooms(page) {
      next = page.cursor;
      const rows = page.rooms.map((line) => roomRow(line, () => choose(line)));
      const none = el('li', { class: 'muted' }, cursor === null ? noRooms() : 'No more rooms.');
      fill(byId('rooms'), ...(rows.length > 0 ? rows : [none]));
      byId('rooms-first').hidden = cursor === null;
      byId('rooms-next').hidden = next === null;
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

const noRooms = () =>
  fieldById('rooms-category').value.trim() === ''
    ? 'No room is open. Create the first one.'
    : 'No room of this category is open.';

/**
 * @param {RoomLine} line
 * @param {() => void} onclick
 */
function roomRow(
  { roomId, title, ownerId, category, tags, seatCount, seatsTaken, audienceCount, hasPassword },
  onclick,
) {
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
        ...(hasPassword ? [chip('Password', { tone: 'warn' })] : []),
        ...(category ? [chip(category, { tone: 'accent' })] : []),
        ...tags.map((tag) => chip(tag)),
      ),
      el('span', { class: 'muted' }, facts),
    ),
    el('button', { ...button, 'aria-label': `Join ${title}` }, 'Join'),
  );
}

function newRoomSettings() {
  const text = (/** @type {string} */ name) => fieldById(`create-${name}`).value.trim();
  const ownerSeat = text('owner-seat');
  const [roomId, category] = [text('id'), text('category')];
  const password = fieldById('create-password').value;
  return {
    title: text('title'),
    seatCount: Number(text('seats')),
    seatMode: text('mode'),
    ownerSeat: ownerSeat === '' ? null : Number(ownerSeat),
    ...(roomId ? { roomId } : {}),
    ...(category ? { category } : {}),
    ...(password ? { password } : {}),
  };
}

// Puts the page together: sign in, connection, room, panels. Must not know how any of them does its part.
// @ts-check
import { fetchDevToken, fetchRooms } from './api.js';
import { Connection } from './connection.js';
import { byId, fieldById } from './dom.js';
import { createLobbyPanel } from './lobby-panel.js';
import { createLogPanel } from './log-panel.js';
import { createPeoplePanel } from './people-panel.js';
import { RoomClient } from './room-client.js';
import { createRoomPanel } from './room-panel.js';
import { createSeatsPanel } from './seats-panel.js';

/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./connection.js').Status} Status */

const LIST_EVERY_MS = 5_000;

/** @type {Record<Status, string>} */
const statusNames = {
  offline: 'Not connected',
  connecting: 'Connecting…',
  online: 'Connected',
  reconnecting: 'Reconnecting…',
};
const farewells = /** @type {Record<string, string>} */ ({
  replaced: 'You are in this room from another tab or device now.',
  roomClosed: 'The room was closed.',
  disconnected: 'You were away for too long.',
  kicked: 'You were put out of the room.',
  banned: 'You were banned from the room.',
  revoked: 'Your token was revoked.',
  notLetIn: 'The room did not let you in again.',
});

let token = '';
let me = '';

const log = createLogPanel();
const connection = new Connection({
  onStatus: showStatus,
  onOnline() {
    // What was said about the old connection is over.
    hideNotice();
    client.rejoin();
  },
  onEvent: hear,
  onProblem: showProblem,
  onTraffic: (direction, name, content) => log.add(direction, name, content),
});
const client = new RoomClient({
  ask: (name, payload, receive) => connection.ask(name, payload, receive),
  onChange: render,
  onLeft: ({ reason, by, error }) => {
    const cause = error ? ` ${error.code}: ${error.message}` : by ? ` (by ${by})` : '';
    showNotice(`${farewells[reason] ?? reason}${cause}`);
  },
});

/** @type {import('./buttons.js').Do} */
const act = (command, payload) => {
  hideNotice();
  client.command(command, payload, showRefusal);
};
const lobby = createLobbyPanel({
  join(roomId, password) {
    hideNotice();
    client.join(roomId, password, showRefusal);
  },
  create(settings) {
    hideNotice();
    client.create(settings, showRefusal);
  },
  refresh: () => void listRooms(),
});
const seats = createSeatsPanel(act);
const people = createPeoplePanel(act);
const room = createRoomPanel({
  act,
  leave: () => client.leave(showRefusal),
  renewGrant: () => client.renewGrant(showRefusal),
});

byId('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  void signIn();
});
byId('disconnect').addEventListener('click', () => connection.close());
byId('drop').addEventListener('click', () => connection.drop());
byId('notice-hide').addEventListener('click', hideNotice);
setInterval(() => {
  if (connection.isOnline && client.place === null && !document.hidden) void listRooms();
}, LIST_EVERY_MS);

prefill();
showStatus('offline');
// For debugging and for tests: what the page holds at the moment, read only.
Object.assign(window, {
  maiwei: {
    get lastGrant() {
      return client.place?.grant ?? null;
    },
    get place() {
      return client.place;
    },
  },
});

async function signIn() {
  hideNotice();
  const [userId, name] = [fieldById('user').value.trim(), fieldById('name').value.trim()];
  const pasted = fieldById('token').value.trim();
  if (pasted) {
    token = pasted;
  } else {
    const { status, answer } = await fetchDevToken({ userId, ...(name ? { name } : {}) });
    log.add('ack', 'POST /v1/dev/token', answer);
    if (!answer.ok) return status === 404 ? askForToken() : showProblem(answer.error);
    token = answer.data.token;
    remember({ user: userId, name });
  }
  connection.open(token);
}

/** In production nobody hands out tokens to anybody: the person brings one. */
function askForToken() {
  /** @type {HTMLDetailsElement} */ (byId('token-box')).open = true;
  fieldById('token').focus();
  showNotice('This server gives no development tokens. Paste a JWT that your own backend has signed.');
}

/**
 * @param {string} name
 * @param {any} payload
 */
function hear(name, payload) {
  if (name === 'session:ready') {
    me = payload.userId;
    byId('me').textContent = me;
    void listRooms();
    render(client.place);
  } else client.hear(name, payload);
}

async function listRooms() {
  const { answer } = await fetchRooms(token);
  if (answer.ok) lobby.showRooms(answer.data.rooms);
  else showProblem(answer.error);
}

/** @param {Status} status */
function showStatus(status) {
  const element = byId('status');
  element.textContent = statusNames[status];
  element.dataset.state = status;
  const isOut = status === 'offline' || status === 'connecting';
  if (isOut && client.place) client.forget();
  byId('sign-in-card').hidden = !isOut;
  byId('session').hidden = isOut;
  byId('lobby').hidden = isOut || client.place !== null;
}

/** @param {import('./room-client.js').Place | null} place */
function render(place) {
  const wasInside = !byId('room').hidden;
  byId('room').hidden = place === null;
  byId('lobby').hidden = place !== null || !connection.isOnline;
  if (!place) {
    room.forget();
    if (wasInside) remember({ room: '' });
    if (wasInside && connection.isOnline) void listRooms();
    return;
  }
  if (!wasInside) {
    lobby.clear();
    remember({ room: place.room.roomId });
    lobby.prefill(place.room.roomId);
  }
  room.render(place, me);
  seats.render(place, me);
  people.render(place, me);
}

/** @param {Answer} answer */
function showRefusal(answer) {
  if (!answer.ok) showProblem(answer.error);
}

/** @param {import('./answer.js').Problem} problem */
function showProblem({ code, message, details }) {
  showNotice(details ? `${message} ${JSON.stringify(details)}` : message, code);
}

/**
 * @param {string} text
 * @param {string} [code]
 */
function showNotice(text, code = '') {
  byId('notice-code').textContent = code;
  byId('notice-text').textContent = text;
  byId('notice').dataset.tone = code ? 'problem' : 'news';
  byId('notice').hidden = false;
}

function hideNotice() {
  byId('notice').hidden = true;
}

/** Reads `?user=alice&name=Alice#room=<id>` into the fields. */
function prefill() {
  const query = new URLSearchParams(location.search);
  fieldById('user').value = query.get('user') ?? '';
  fieldById('name').value = query.get('name') ?? '';
  lobby.prefill(new URLSearchParams(location.hash.slice(1)).get('room') ?? '');
}

/**
 * Writes them back, so that a reloaded tab knows who and where it was.
 * @param {{ user?: string, name?: string, room?: string }} facts
 */
function remember({ user, name, room: roomId }) {
  const url = new URL(location.href);
  if (user !== undefined) url.searchParams.set('user', user);
  if (name !== undefined) url.searchParams.set('name', name);
  if (roomId !== undefined) url.hash = roomId ? `room=${roomId}` : '';
  history.replaceState(null, '', url);
}

// The entry of the page: connects session, connection, room client and panels.
// @ts-check
import { fetchDescription, fetchRooms } from './api.js';
import { createAttributesPanel } from './attributes-panel.js';
import { createBansPanel } from './bans-panel.js';
import { createChatPanel } from './chat-panel.js';
import { createCommandForm } from './command-form.js';
import { Connection } from './connection.js';
import { byId, fieldById } from './dom.js';
import { createLobbyPanel } from './lobby-panel.js';
import { createLogPanel } from './log-panel.js';
import { hideNotice, showNotice, showProblem, showRefusal } from './notice.js';
import { createPeoplePanel } from './people-panel.js';
import { RoomClient } from './room-client.js';
import { createRoomPanel } from './room-panel.js';
import { createSeatsPanel } from './seats-panel.js';
import { createSession } from './session.js';
import { farewellText } from './text.js';

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

let me = '';
/** A refused category is reported once, not with every refresh of the list. */
let isListRefused = false;

const log = createLogPanel();
const connection = new Connection({
  onStatus: showStatus,
  onOnline() {
    // Notices about the old connection are outdated.
    hideNotice();
    session.hideRenewal();
    client.rejoin();
  },
  onEvent,
  onProblem: showProblem,
  onTraffic: (direction, name, content) => log.add(direction, name, content),
});
const client = new RoomClient({
  ask: (name, payload, receive) => connection.ask(name, payload, receive),
  onChange: render,
  onLeft: (farewell) => showNotice(farewellText(farewell)),
});
const session = createSession({
  open: (token) => connection.open(token),
  keep: (token) => connection.keep(token),
  ask: (name, payload, receive) => connection.ask(name, payload, receive),
  log: (name, answer) => log.add('ack', name, answer),
  remember,
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
const people = createPeoplePanel({ act, readMembers: () => client.readMembers(showRefusal) });
const bans = createBansPanel({
  ask: (command, payload, done) => client.command(command, payload, done),
  onRefusal: showRefusal,
});
const attributes = createAttributesPanel(act);
const chat = createChatPanel({
  act,
  sendMessage(payload, done) {
    hideNotice();
    client.command('message:send', payload, (answer) => {
      showRefusal(answer);
      done(answer);
    });
  },
});
const form = createCommandForm((name, payload, receive) => client.relay(name, payload, receive));
const room = createRoomPanel({
  act,
  leave: () => client.leave(showRefusal),
  renewGrant: () => client.renewGrant(showRefusal),
});

byId('disconnect').addEventListener('click', () => connection.close());
byId('drop').addEventListener('click', () => connection.drop());
byId('notice-hide').addEventListener('click', hideNotice);
setInterval(() => {
  if (connection.isOnline && client.place === null && !document.hidden && !isListRefused) void listRooms();
}, LIST_EVERY_MS);

prefill();
showStatus('offline');
// For debugging and for tests: the present state of the page, read only.
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

/**
 * @param {string} name
 * @param {any} payload
 */
function onEvent(name, payload) {
  switch (name) {
    case 'session:ready':
      me = payload.userId;
      byId('me').textContent = me;
      void listRooms();
      void describeCommands();
      return render(client.place);
    case 'session:expiring':
      return void session.expiring(payload.at);
    case 'service:message': {
      const { to, kind, body } = payload;
      return showNotice(`${to === 'everyone' ? 'To everyone' : 'To you'} · ${kind}: ${JSON.stringify(body)}`);
    }
    default:
      client.onEvent(name, payload);
  }
}

async function listRooms() {
  const { answer } = await fetchRooms(session.token, lobby.query());
  // The notice of the closed connection must not be replaced by an error that follows from it.
  if (!connection.isOnline) return;
  isListRefused = !answer.ok;
  if (answer.ok) lobby.showRooms(answer.data);
  else showProblem(answer.error);
}

/** Called for each connection, as the server may have another version now. */
async function describeCommands() {
  const { status, answer } = await fetchDescription();
  if (status === 200) form.describe(answer);
  else showNotice('The server does not describe its commands: /asyncapi.json could not be read.');
}

/** @param {Status} status */
function showStatus(status) {
  const element = byId('status');
  element.textContent = statusNames[status];
  element.dataset.state = status;
  const isOut = status === 'offline' || status === 'connecting';
  if (isOut && client.place) client.forget();
  if (status === 'offline') session.hideRenewal();
  byId('sign-in-card').hidden = !isOut;
  byId('session').hidden = isOut;
  byId('command-card').hidden = isOut;
  byId('lobby').hidden = isOut || client.place !== null;
}

/** @param {import('./room-client.js').Place | null} place */
function render(place) {
  const wasInside = !byId('room').hidden;
  byId('room').hidden = place === null;
  byId('lobby').hidden = place !== null || !connection.isOnline;
  if (!place) {
    room.forget();
    bans.forget();
    chat.forget();
    if (wasInside) remember({ room: '' });
    if (wasInside && connection.isOnline) void listRooms();
    return;
  }
  if (!wasInside) {
    lobby.clear();
    remember({ room: place.room.roomId });
    lobby.prefill(place.room.roomId);
    form.enter(place.room.roomId);
  }
  room.render(place, me);
  seats.render(place, me);
  people.render(place, me);
  bans.render(place, me);
  attributes.render(place, me);
  chat.render(place, me);
}

/** Reads `?user=alice&name=Alice#room=<id>` into the fields. */
function prefill() {
  const query = new URLSearchParams(location.search);
  fieldById('user').value = query.get('user') ?? '';
  fieldById('name').value = query.get('name') ?? '';
  lobby.prefill(new URLSearchParams(location.hash.slice(1)).get('room') ?? '');
}

/**
 * Writes the user and the room into the address, so that a reloaded tab still has them.
 * @param {{ user?: string, name?: string, room?: string }} facts
 */
function remember({ user, name, room: roomId }) {
  const url = new URL(location.href);
  if (user !== undefined) url.searchParams.set('user', user);
  if (name !== undefined) url.searchParams.set('name', name);
  if (roomId !== undefined) url.hash = roomId ? `room=${roomId}` : '';
  history.replaceState(null, '', url);
}

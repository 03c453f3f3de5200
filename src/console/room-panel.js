// The cards of the room's head, its settings and the user's grant.
// @ts-check
import { byId, el, fieldById, fill, whenChanged } from './dom.js';
import { roleOf } from './room-view.js';
import { clockTime, shortened } from './text.js';

/** @typedef {import('./room-client.js').Place} Place */
/** @typedef {import('./room-view.js').Room} Room */
/** @typedef {import('./buttons.js').Do} Do */
/** @typedef {{ act: Do, leave: () => void, renewGrant: () => void }} Actions */

/** @param {Actions} actions */
export function createRoomPanel({ act, leave, renewGrant }) {
  /** @type {Room | null} */
  let displayed = null;
  byId('leave').addEventListener('click', leave);
  byId('renew').addEventListener('click', renewGrant);
  byId('close').addEventListener('click', () => {
    if (window.confirm('Close the room for everybody? This is final.')) act('room:close', {});
  });
  byId('settings').addEventListener('submit', (event) => {
    event.preventDefault();
    if (displayed) act('room:update', changedSettings(displayed));
  });
  const drawHead = whenChanged((/** @type {Room} */ room, /** @type {string} */ me) => {
    drawRoom(room, me);
    fillSettings(displayed, room);
    displayed = room;
  });
  const drawGrant = whenChanged(showGrant);
  return {
    /**
     * @param {Place} place
     * @param {string} me
     */
    render({ room, grant }, me) {
      drawHead(room, me);
      drawGrant(grant);
    },
    /** The next room starts with its own settings in the form. */
    forget() {
      displayed = null;
    },
  };
}

const modeNames = { free: 'free seats', request: 'seats by request', invite: 'seats by invitation' };

/**
 * @param {Room} room
 * @param {string} me
 */
function drawRoom(room, me) {
  const role = roleOf(room, me);
  byId('room-title').textContent = room.title;
  byId('room-id').textContent = room.roomId;
  byId('room-mode').textContent = modeNames[room.seatMode];
  byId('room-password').hidden = !room.hasPassword;
  byId('room-waiting').textContent = room.requestCount === 0 ? '' : `${room.requestCount} waiting for a seat`;
  byId('room-version').textContent = `version ${room.version}`;
  byId('my-role').textContent = role;
  byId('close').hidden = role !== 'owner';
  byId('settings-card').hidden = role === 'member';
  for (const { input, isOwners } of settingFields) fieldById(input).disabled = isOwners && role !== 'owner';
}

/** @typedef {'title' | 'seatMode' | 'seatCount' | 'chat' | 'ownerAbsent' | 'emptyMs'} SettingName */
/** @type {readonly { name: SettingName, input: string, isOwners: boolean, isNumber?: boolean }[]} */
const settingFields = [
  { name: 'title', input: 'settings-title', isOwners: false },
  { name: 'seatMode', input: 'settings-mode', isOwners: true },
  { name: 'seatCount', input: 'settings-seats', isOwners: true, isNumber: true },
  { name: 'chat', input: 'settings-chat', isOwners: true },
  { name: 'ownerAbsent', input: 'settings-owner-absent', isOwners: true },
  { name: 'emptyMs', input: 'settings-empty', isOwners: true, isNumber: true },
];

/**
 * Updates a field only when its value has changed in the room, so that text in progress stays.
 * @param {Room | null} old
 * @param {Room} room
 */
function fillSettings(old, room) {
  for (const { name, input } of settingFields) {
    if (old?.[name] !== room[name]) fieldById(input).value = String(room[name]);
  }
}

/** @param {Room} room */
function changedSettings(room) {
  const changes = settingFields.flatMap(({ name, input, isNumber }) => {
    const text = fieldById(input).value.trim();
    const value = isNumber ? Number(text) : text;
    return text === '' || value === room[name] ? [] : [[name, value]];
  });
  return Object.fromEntries(changes);
}

/** @param {Place['grant']} grant */
function showGrant(grant) {
  const role = byId('grant-role');
  role.textContent = grant.role;
  role.className = grant.role === 'publisher' ? 'chip good' : 'chip plain';
  byId('grant-meaning').textContent =
    grant.role === 'publisher' ? 'may speak in the voice channel' : 'may only listen in the voice channel';
  const facts = {
    provider: grant.provider,
    uid: String(grant.uid),
    channel: grant.channel,
    expires: clockTime(grant.expiresAt),
    reason: grant.reason,
    token: grant.token === null ? 'none' : shortened(grant.token),
  };
  const rows = Object.entries(facts).map(([name, value]) =>
    el('div', {}, el('dt', {}, name), el('dd', { testid: `grant-${name}` }, value)),
  );
  fill(byId('grant'), ...rows);
}

// The log: every command, ack and event with its direction, newest first. Secrets are shortened.
// @ts-check
import { byId, el } from './dom.js';
import { clockTime, redact } from './text.js';

/** @typedef {import('./connection.js').Direction} Direction */

const ENTRIES_MAX = 300;
const SUMMARY_CHARS_MAX = 110;
const arrows = { sent: '↑', ack: '↓', event: '↓', note: '·' };

export function createLogPanel() {
  const list = byId('log');
  byId('log-clear').addEventListener('click', () => list.replaceChildren());
  return {
    /**
     * @param {Direction} direction
     * @param {string} name
     * @param {unknown} content
     */
    add(direction, name, content) {
      list.prepend(entry(direction, name, content));
      while (list.children.length > ENTRIES_MAX) list.lastElementChild?.remove();
    },
  };
}

/**
 * @param {Direction} direction
 * @param {string} name
 * @param {unknown} content
 */
function entry(direction, name, content) {
  const isRefusal = direction === 'ack' && /** @type {{ ok: boolean }} */ (content).ok === false;
  const fullText = el('pre', {});
  // The full text is made when the entry is opened.
  const ontoggle = () => {
    fullText.textContent = JSON.stringify(content, redact, 2);
  };
  return el(
    'li',
    { class: isRefusal ? 'entry refused' : `entry ${direction}`, testid: 'log-entry' },
    el(
      'details',
      { ontoggle },
      el(
        'summary',
        {},
        el('span', { class: 'entry-time' }, clockTime(Date.now())),
        el('span', { class: 'entry-direction' }, `${arrows[direction]} ${direction}`),
        el('span', { class: 'entry-name' }, name),
        el('span', { class: 'entry-text' }, summary(name, content)),
      ),
      fullText,
    ),
  );
}

/**
 * The content in one line.
 * @param {string} name
 * @param {any} content
 */
function summary(name, content) {
  if (name === 'room:events') return content.updates.map(updateLine).join(' | ');
  if (content?.ok === false) return `${content.error.code}: ${content.error.message}`;
  const data = content?.ok === true ? content.data : content;
  if (data?.room) return `version ${data.room.version}, the whole room`;
  if (name === 'room:audience') return audienceLine(data);
  if (name === 'room:messages') return data.messages.map(messageLine).join(' | ');
  if (name === 'rtc:grant') return `${data.role} (${data.reason}), uid ${data.uid}`;
  const { roomId, commandId: _, ...rest } = data ?? {};
  // The room id is shown only for the commands that choose a room.
  return cut(JSON.stringify(name.startsWith('room:') && roomId ? { roomId, ...rest } : rest, redact));
}

/** @param {any} news */
function audienceLine({ count, joined = [], left = [] }) {
  const names = (/** @type {{ userId: string }[]} */ people) => people.map(({ userId }) => userId).join(', ');
  const news = [
    ...(joined.length ? [`joined: ${names(joined)}`] : []),
    ...(left.length ? [`left: ${names(left)}`] : []),
  ];
  return [`${count} in the room`, ...news].join(', ');
}

/** @param {any} message */
const messageLine = ({ kind, from, body, key, count }) =>
  cut(kind === 'reaction' ? `${key} × ${count}` : `${from.userId}: ${body.text ?? kind}`);

/** @type {(text: string) => string} */
const cut = (text) => (text.length > SUMMARY_CHARS_MAX ? `${text.slice(0, SUMMARY_CHARS_MAX)}…` : text);

/** @param {any} update */
const updateLine = ({ version, events }) => `version ${version}: ${events.map(eventLine).join(', ')}`;

/** @param {any} event */
function eventLine({ type, seat, userId, occupant, request, invitation, from, to }) {
  const who = userId ?? occupant?.userId ?? request?.userId ?? invitation?.userId;
  const where = type === 'seat.moved' ? `${from}→${to}` : seat;
  return [type, ...(where === undefined ? [] : [`#${where}`]), ...(who === undefined ? [] : [who])].join(' ');
}

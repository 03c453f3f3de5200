// The card of bans for staff: the banned users, a form to ban a user who is not here, and the time a ban lasts.
// @ts-check
import { actionButton } from './buttons.js';
import { byId, el, fieldById, fill, whenChanged } from './dom.js';
import { isStaff } from './room-view.js';
import { dayTime } from './text.js';

/** @typedef {import('./room-client.js').Place} Place */
/** @typedef {import('../protocol/snapshot.ts').Ban} Ban */
/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {(command: string, payload: object, done: (answer: Answer) => void) => void} Ask */

/** The chosen time of bans and silences, in ms; null: until they are lifted. */
export function chosenMs() {
  const { value } = fieldById('sanction-ms');
  return value === '' ? null : Number(value);
}

/** @param {{ ask: Ask, onRefusal: (answer: Answer) => void }} actions */
export function createBansPanel({ ask, onRefusal }) {
  /** @type {Ban[]} */
  let bans = [];
  let cursor = /** @type {string | null} */ (null);
  byId('bans-load').addEventListener('click', () => load(null));
  byId('bans-more').addEventListener('click', () => load(cursor));
  byId('ban').addEventListener('submit', (event) => {
    event.preventDefault();
    const forMs = chosenMs();
    const userId = fieldById('ban-user').value.trim();
    change('member:ban', { userId, ...(forMs === null ? {} : { forMs }) });
  });

  /** @param {string | null} from The cursor of the page to read; null: the first page. */
  function load(from) {
    ask('ban:list', from === null ? {} : { cursor: from }, (answer) => {
      if (!answer.ok) return onRefusal(answer);
      bans = from === null ? answer.data.bans : [...bans, ...answer.data.bans];
      cursor = answer.data.cursor;
      drawBans();
    });
  }

  /** @type {(command: string, payload: object) => void} */
  function change(command, payload) {
    ask(command, payload, (answer) => {
      if (!answer.ok) return onRefusal(answer);
      fieldById('ban-user').value = '';
      load(null);
    });
  }

  function drawBans() {
    const none = el('li', { class: 'muted' }, 'Nobody is banned.');
    fill(byId('bans'), ...(bans.length > 0 ? bans.map((ban) => banRow(ban, change)) : [none]));
    byId('bans-more').hidden = cursor === null;
  }

  function forget() {
    [bans, cursor] = [[], null];
    fill(byId('bans'));
    byId('bans-more').hidden = true;
    fieldById('ban-user').value = '';
  }

  const show = whenChanged((/** @type {boolean} */ isHost) => {
    byId('bans-card').hidden = !isHost;
    if (!isHost) forget();
  });
  return {
    /**
     * @param {Place} place
     * @param {string} me
     */
    render({ room }, me) {
      show(isStaff(room, me));
    },
    /** The next room has bans of its own. */
    forget,
  };
}

/**
 * @param {Ban} ban
 * @param {import('./buttons.js').Do} change
 */
function banRow({ userId, by, until }, change) {
  const lift = { label: 'Unban', command: 'member:unban', payload: { userId }, key: 'unban' };
  const facts = `${until === null ? 'until lifted' : `until ${dayTime(until)}`} · by ${by}`;
  return el(
    'li',
    { class: 'person', testid: `ban-${userId}` },
    el(
      'div',
      { class: 'person-text' },
      el('span', { class: 'person-name' }, userId),
      el('span', { class: 'muted' }, facts),
    ),
    actionButton(lift, `ban-${userId}`, change),
  );
}

// The cards of people beside the stage: the queue for staff, and the audience with invitations.
// @ts-check
import { memberActions, moderationActions } from './abilities.js';
import { chosenMs } from './bans-panel.js';
import { actionButton } from './buttons.js';
import { avatar, byId, chip, el, fill, whenChanged } from './dom.js';
import { isStaff, membersOf, queueOf, roleOf, seatOf } from './room-view.js';
import { clockTime } from './text.js';

/** @typedef {import('./room-client.js').Place} Place */
/** @typedef {import('./room-view.js').Room} Room */
/** @typedef {import('./room-view.js').Audience} Audience */
/** @typedef {import('./buttons.js').Do} Do */

/** @typedef {{ room: Room, audience: Audience, me: string }} Scene */

/** @param {{ act: Do, readMembers: () => void }} actions */
export function createPeoplePanel({ act, readMembers }) {
  /** The user with further buttons. */
  let opened = '';
  /** @type {Scene | null} */
  let current = null;
  byId('show-all').addEventListener('click', readMembers);
  // The buttons contain the time of a ban or silence.
  byId('sanction-ms').addEventListener('change', drawPeople);

  /** @param {string} userId */
  const toggle = (userId) => {
    opened = opened === userId ? '' : userId;
    drawPeople();
  };
  function drawPeople() {
    if (current) drawAudience(current, { opened, toggle, act });
  }
  const draw = whenChanged((/** @type {Room} */ room, /** @type {Audience} */ audience, /** @type {string} */ me) => {
    const isHost = isStaff(room, me);
    byId('queue-card').hidden = !isHost;
    if (isHost) drawQueue(room, act);
    current = { room, audience, me };
    drawPeople();
  });
  return {
    /**
     * @param {Place} place
     * @param {string} me
     */
    render({ room, audience }, me) {
      draw(room, audience, me);
    },
  };
}

/**
 * @param {Room} room
 * @param {Do} act
 */
function drawQueue(room, act) {
  const queue = queueOf(room);
  byId('queue-count').textContent = String(queue.length);
  const rows = queue.map((request, index) => {
    const owner = `request-${request.userId}`;
    const payload = { userId: request.userId };
    const wish = request.seat === null ? 'any seat' : `seat ${request.seat}`;
    const note = request.note ? ` · “${request.note}”` : '';
    return personRow(
      { ...request, testid: owner, facts: `${index + 1}. ${wish}${note}` },
      actionButton({ label: 'Accept', command: 'request:accept', payload, key: 'accept', isMain: true }, owner, act),
      actionButton({ label: 'Reject', command: 'request:reject', payload, key: 'reject' }, owner, act),
    );
  });
  fill(byId('queue'), ...(rows.length > 0 ? rows : [el('li', { class: 'muted' }, 'Nobody is asking for a seat.')]));
}

/**
 * @param {Scene} scene
 * @param {{ opened: string, toggle: (userId: string) => void, act: Do }} rest
 */
function drawAudience({ room, audience, me }, { opened, toggle, act }) {
  byId('audience-count').textContent = String(audience.count);
  const members = membersOf(audience);
  const unnamed = audience.count - members.length;
  fill(
    byId('audience'),
    ...members.map(({ userId, name }) => {
      const owner = `member-${userId}`;
      const facts = [userId, ...(userId === me ? ['you'] : [])].join(' · ');
      const more = moderationActions(room, me, { userId, forMs: chosenMs() });
      const isOpen = more.length > 0 && userId === opened;
      return personRow(
        { userId, name, testid: owner, facts, chips: memberChips(room, userId) },
        ...memberActions(room, me, userId).map((action) => actionButton(action, owner, act)),
        ...(more.length > 0 ? [moreButton({ owner, isOpen, onclick: () => toggle(userId) })] : []),
        ...(isOpen ? more.map((action) => actionButton(action, owner, act)) : []),
      );
    }),
  );
  byId('show-all').hidden = unnamed <= 0;
  byId('show-all').textContent = `Show all, ${unnamed} more`;
}

/** @param {{ owner: string, isOpen: boolean, onclick: () => void }} options */
function moreButton({ owner, isOpen, onclick }) {
  const about = { 'aria-expanded': String(isOpen), 'aria-label': `More for ${owner.replace('-', ' ')}` };
  const key = `${owner}-more`;
  return el(
    'button',
    { type: 'button', class: 'small', testid: key, key, ...about, onclick },
    isOpen ? 'Less' : 'More',
  );
}

/**
 * @param {Room} room
 * @param {string} userId
 */
function memberChips(room, userId) {
  const role = roleOf(room, userId);
  const seat = seatOf(room, userId);
  const invitation = room.invitations?.find((one) => one.userId === userId);
  return [
    ...(role === 'member' ? [] : [chip(role, { tone: 'accent' })]),
    ...(seat ? [chip(`seat ${seat.seat}`)] : []),
    ...(invitation ? [chip(`invited until ${clockTime(invitation.expiresAt)}`, { tone: 'warn' })] : []),
  ];
}

/**
 * @param {{ userId: string, name: string, testid: string, facts: string, chips?: Node[] }} person
 * @param {...Node} buttons
 */
function personRow({ userId, name, testid, facts, chips = [] }, ...buttons) {
  return el(
    'li',
    { class: 'person', testid },
    avatar(userId, name),
    el(
      'div',
      { class: 'person-text' },
      el('span', { class: 'person-name' }, name || userId, ...chips),
      el('span', { class: 'muted' }, facts),
    ),
    el('div', { class: 'actions' }, ...buttons),
  );
}

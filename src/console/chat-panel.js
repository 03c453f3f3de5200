// The card of messages: chat and gifts, sums of reactions, and a field to write in.
// @ts-check
import { mayChat, messageActions } from './abilities.js';
import { actionButton } from './buttons.js';
import { byId, chip, el, fieldById, fill, whenChanged } from './dom.js';
import { clockTime } from './text.js';

/** @typedef {import('./room-client.js').Place} Place */
/** @typedef {import('./room-view.js').Room} Room */
/** @typedef {import('./chat-view.js').Chat} Chat */
/** @typedef {import('./chat-view.js').Message} Message */
/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./buttons.js').Do} Do */

/** The reaction that the button sends, and its sign. */
const HEART = 'heart';
const HEART_SIGN = '♥';
/** A user who has scrolled up further than this is reading, so new messages do not scroll the list. */
const NEAR_THE_END_PX = 60;

/** @param {{ act: Do, sendMessage: (payload: object, done: (answer: Answer) => void) => void }} actions */
export function createChatPanel({ act, sendMessage }) {
  const text = fieldById('chat-text');
  byId('chat').addEventListener('submit', (event) => {
    event.preventDefault();
    const written = text.value;
    sendMessage({ kind: 'chat', body: { text: written } }, (answer) => {
      // A refused text stays in the field, to be sent again; a text that was written meanwhile stays as well.
      if (answer.ok && text.value === written) text.value = '';
    });
  });
  byId('react').addEventListener('click', () => act('message:send', { kind: 'reaction', body: { key: HEART } }));

  const draw = whenChanged((/** @type {Room} */ room, /** @type {Chat} */ chat, /** @type {string} */ me) => {
    drawMessages(chat.messages.map((message) => messageRow(message, messageActions(room, me, message), act)));
    drawReactions(chat.reactions);
    const isOpen = mayChat(room, me);
    text.disabled = !isOpen;
    text.placeholder = isOpen ? 'Say something' : closedTexts[room.chat];
    fieldById('chat-send').disabled = !isOpen;
  });
  return {
    /**
     * @param {Place} place
     * @param {string} me
     */
    render({ room, chat }, me) {
      draw(room, chat, me);
    },
    /** The text in the field was meant for the room that is left. */
    forget() {
      text.value = '';
    },
  };
}

const closedTexts = { all: '', seated: 'Only seated members may write', off: 'Chat is closed' };

/** @param {Node[]} rows */
function drawMessages(rows) {
  const list = byId('messages');
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_THE_END_PX;
  fill(list, ...(rows.length > 0 ? rows : [el('li', { class: 'muted' }, 'Nobody has said anything yet.')]));
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

/** @param {ReadonlyMap<string, number>} reactions */
function drawReactions(reactions) {
  byId('react').textContent = `${HEART_SIGN} ${reactions.get(HEART) ?? 0}`;
  const others = [...reactions].filter(([key]) => key !== HEART);
  fill(byId('reactions'), ...others.map(([key, count]) => chip(`${key} × ${count}`)));
}

/**
 * @param {Message} message
 * @param {import('./abilities.js').Action[]} actions
 * @param {Do} act
 */
function messageRow({ messageId, kind, from, at, body }, actions, act) {
  const content = kind === 'chat' ? body.text : JSON.stringify(body);
  return el(
    'li',
    { class: 'message', testid: 'message' },
    el(
      'div',
      { class: 'message-head' },
      el(
        'p',
        {},
        el('strong', {}, from.name || from.userId),
        el('span', { class: 'muted' }, ` ${from.userId} · ${clockTime(at)} `),
        ...(kind === 'chat' ? [] : [chip(kind, { tone: 'accent' })]),
      ),
      ...actions.map((action) => actionButton(action, `message-${messageId}`, act)),
    ),
    el('p', { class: 'content' }, content),
  );
}

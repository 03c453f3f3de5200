// Buttons that give a command.
// @ts-check
import { el } from './dom.js';

/** @typedef {import('./abilities.js').Action} Action */
/** @typedef {(command: string, payload: object) => void} Do Gives a command in the room where the page is. */

/**
 * A button for one command; it asks first if the command cannot be undone.
 * @param {Action} action
 * @param {string} owner The seat, member or card it belongs to: the prefix of its test id.
 * @param {Do} act
 */
export function actionButton({ label, command, payload, key, isMain = false, hint, confirm }, owner, act) {
  const name = `${owner}-${key}`;
  const onclick = () => {
    if (confirm === undefined || window.confirm(confirm)) act(command, payload);
  };
  const about = owner.replace(/^(seat|member|request|message|ban)-/, '$1 ');
  const properties = { type: 'button', class: isMain ? 'small main' : 'small', testid: name, key: name, onclick };
  return el('button', { ...properties, title: hint || undefined, 'aria-label': `${label}, ${about}` }, label);
}

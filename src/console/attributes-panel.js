// The card of the room's attributes: every member sees them, staff sets them (ROOM-5).
// @ts-check
import { byId, el, fieldById, fill, whenChanged } from './dom.js';
import { isStaff } from './room-view.js';

/** @typedef {import('./room-client.js').Place} Place */
/** @typedef {import('./room-view.js').Room} Room */
/** @typedef {import('./buttons.js').Do} Do */

/** @param {Do} act */
export function createAttributesPanel(act) {
  const [key, value] = [fieldById('attribute-key'), fieldById('attribute-value')];
  byId('attribute').addEventListener('submit', (event) => {
    event.preventDefault();
    act('room:attributes', { set: { [key.value]: value.value } });
    key.value = '';
    value.value = '';
  });
  /** @type {(attribute: [string, string]) => void} */
  const edit = (attribute) => {
    [key.value, value.value] = attribute;
    value.focus();
  };
  const draw = whenChanged((/** @type {Room['attributes']} */ attributes, /** @type {boolean} */ mayWrite) => {
    const none = el('li', { class: 'muted' }, 'None.');
    const rows = Object.entries(attributes).map(([name, text]) =>
      attributeRow([name, text], mayWrite ? buttonsFor([name, text], { edit, act }) : []),
    );
    fill(byId('attributes'), ...(rows.length > 0 ? rows : [none]));
    byId('attribute').hidden = !mayWrite;
  });
  return {
    /**
     * @param {Place} place
     * @param {string} me
     */
    render({ room }, me) {
      draw(room.attributes, isStaff(room, me));
    },
  };
}

/**
 * @param {[string, string]} attribute
 * @param {Node[]} buttons
 */
function attributeRow([name, text], buttons) {
  return el(
    'li',
    { class: 'attribute', testid: 'attribute-row' },
    el('span', { class: 'attribute-text' }, el('code', {}, name), el('span', {}, text)),
    ...(buttons.length > 0 ? [el('div', { class: 'actions' }, ...buttons)] : []),
  );
}

/**
 * @param {[string, string]} attribute
 * @param {{ edit: (attribute: [string, string]) => void, act: Do }} actions
 */
function buttonsFor(attribute, { edit, act }) {
  const [name] = attribute;
  /** @type {(label: string, onclick: () => void) => Node} */
  const button = (label, onclick) => {
    const key = `attribute-${label.toLowerCase()}-${name}`;
    return el(
      'button',
      { type: 'button', class: 'small', testid: key, key, 'aria-label': `${label} ${name}`, onclick },
      label,
    );
  };
  return [button('Edit', () => edit(attribute)), button('Delete', () => act('room:attributes', { delete: [name] }))];
}

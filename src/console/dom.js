// Builds and finds elements. Text is always a text node, so that no name becomes HTML.
// @ts-check

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | ((event: Event) => void) | undefined>} properties
 *   `on…` are listeners, `class`, `testid`, `key` and attributes go by name; false and undefined are left out.
 * @param {...(Node | string | number | null)} children
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (name === 'testid' || name === 'key') element.dataset[name] = String(value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null).map((child) => toNode(child)));
  return element;
}

/** @type {(child: Node | string | number) => Node} */
const toNode = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

/**
 * Replaces the children; the focus moves to the new element with the same `data-key`.
 * @param {Element} container
 * @param {...Node} children
 */
export function fill(container, ...children) {
  const focused = document.activeElement;
  const key = focused instanceof HTMLElement && container.contains(focused) ? focused.dataset.key : undefined;
  container.replaceChildren(...children);
  if (key === undefined) return;
  const successor = container.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (successor instanceof HTMLElement) successor.focus({ preventScroll: true });
}

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** @param {string} id */
export const fieldById = (id) => /** @type {HTMLInputElement} */ (byId(id));

/**
 * Calls `draw` only when one of the inputs has changed since the last call.
 * @template {readonly unknown[]} Inputs
 * @param {(...inputs: Inputs) => void} draw
 * @returns {(...inputs: Inputs) => void}
 */
export function whenChanged(draw) {
  /** @type {Inputs | null} */
  let last = null;
  return (...inputs) => {
    if (last?.every((value, index) => value === inputs[index])) return;
    last = inputs;
    draw(...inputs);
  };
}

/**
 * @param {string} label
 * @param {{ tone?: 'good' | 'warn' | 'plain' | 'accent', testid?: string, hint?: string }} [options]
 */
export const chip = (label, { tone = 'plain', testid, hint } = {}) =>
  el('span', { class: `chip ${tone}`, testid, title: hint }, label);

/**
 * The first letter of a name on a colour that follows from the id.
 * @param {string} userId
 * @param {string} name
 */
export function avatar(userId, name) {
  const sum = [...userId].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  const [first = '?'] = [...(name.trim() || userId)];
  return el('span', { class: `avatar hue-${sum % 6}`, 'aria-hidden': 'true' }, first.toUpperCase());
}

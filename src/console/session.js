// The session of the user: sign-in, development tokens, and a new token before the old one expires (CONN-5).
// @ts-check
import { fetchDevToken } from './api.js';
import { byId, fieldById } from './dom.js';
import { hideNotice, showNotice, showProblem } from './notice.js';
import { clockTime } from './text.js';

/** @typedef {import('./answer.js').Answer} Answer */
/**
 * @typedef {object} Deps
 * @property {(token: string) => void} open Connects with this token.
 * @property {(token: string) => void} keep Later connections use this token.
 * @property {(name: string, payload: object, receive: (answer: Answer) => void) => void} ask
 * @property {(name: string, answer: Answer) => void} log
 * @property {(who: { user: string, name: string }) => void} remember
 */

/** @param {Deps} deps */
export function createSession({ open, keep, ask, log, remember }) {
  let token = '';
  /** The user of the development token; null: the user pasted a token of their own. */
  let guest = /** @type {{ userId: string, name?: string } | null} */ (null);

  byId('sign-in').addEventListener('submit', (event) => {
    event.preventDefault();
    void signIn();
  });
  byId('renew-session').addEventListener('submit', (event) => {
    event.preventDefault();
    renewWith(fieldById('renew-token').value.trim());
  });

  async function signIn() {
    hideNotice();
    const [userId, name] = [fieldById('user').value.trim(), fieldById('name').value.trim()];
    const pasted = fieldById('token').value.trim();
    guest = pasted ? null : { userId, ...(name ? { name } : {}) };
    token = pasted;
    if (guest) {
      const { status, answer } = await askForDevToken(guest);
      if (!answer.ok) return status === 404 ? askForToken() : showProblem(answer.error);
      token = answer.data.token;
      remember({ user: userId, name });
    }
    open(token);
  }

  /** @param {{ userId: string, name?: string }} who */
  async function askForDevToken(who) {
    const response = await fetchDevToken(who);
    log('POST /v1/dev/token', response.answer);
    return response;
  }

  /** In production there are no development tokens: the user pastes one. */
  function askForToken() {
    /** @type {HTMLDetailsElement} */ (byId('token-box')).open = true;
    fieldById('token').focus();
    showNotice('This server gives no development tokens. Paste a JWT that your own backend has signed.');
  }

  /** @param {string} next */
  function renewWith(next) {
    ask('session:renew', { token: next }, (answer) => {
      if (!answer.ok) return showProblem(answer.error);
      token = next;
      keep(next);
      hideRenewal();
      showNotice(`The session goes on with a new token, until ${clockTime(answer.data.tokenExpiresAt)}.`);
    });
  }

  /** @param {number} at */
  function showRenewal(at) {
    byId('renew-text').textContent = `Your token runs out at ${clockTime(at)}. Paste a new one to stay.`;
    byId('renew-session').hidden = false;
  }

  function hideRenewal() {
    fieldById('renew-token').value = '';
    byId('renew-session').hidden = true;
  }

  return {
    get token() {
      return token;
    },
    /**
     * The token expires soon: fetches another development token, or asks the user for a token.
     * @param {number} at
     */
    async expiring(at) {
      const fetched = guest ? (await askForDevToken(guest)).answer : null;
      if (fetched?.ok) renewWith(fetched.data.token);
      else showRenewal(at);
    },
    hideRenewal,
  };
}

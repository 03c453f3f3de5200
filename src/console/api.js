// The two HTTP calls of the page: a development token, the list of rooms. Must not know sockets or the page.
// @ts-check
import { failure } from './answer.js';

/** @typedef {import('./answer.js').Answer} Answer */

/**
 * A token for anybody who asks; in production the server has no such route and answers 404.
 * @param {{ userId: string, name?: string }} who
 */
export const fetchDevToken = (who) =>
  call('/v1/dev/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(who) });

/**
 * The open rooms, newest first.
 * @param {string} token
 */
export const fetchRooms = (token) => call('/v1/rooms?limit=50', { headers: { authorization: `Bearer ${token}` } });

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<{ status: number, answer: Answer }>}
 */
async function call(path, init) {
  try {
    const response = await fetch(path, init);
    return { status: response.status, answer: await response.json() };
  } catch {
    return { status: 0, answer: failure('NETWORK', 'The server could not be reached.') };
  }
}

// The HTTP calls of the page: a development token, the list of rooms, and the description of the commands.
// @ts-check
import { failure } from './answer.js';

/** @typedef {import('./answer.js').Answer} Answer */

/**
 * A token for any user; in production the server has no such route and answers 404.
 * @param {{ userId: string, name?: string }} who
 */
export const fetchDevToken = (who) =>
  call('/v1/dev/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(who) });

/**
 * A page of the open rooms (ROOM-8).
 * @param {string} token
 * @param {Record<string, string>} query `sort`, `category`, `cursor`, `limit`.
 */
export const fetchRooms = (token, query) =>
  call(`/v1/rooms?${new URLSearchParams(query)}`, { headers: { authorization: `Bearer ${token}` } });

/** The server's own description of its sockets: every command it has. */
export const fetchDescription = () => call('/asyncapi.json', {});

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<{ status: number, answer: any }>}
 */
async function call(path, init) {
  try {
    const response = await fetch(path, init);
    return { status: response.status, answer: await response.json() };
  } catch {
    return { status: 0, answer: failure('NETWORK', 'The server could not be reached.') };
  }
}

// The answer to a command or an HTTP call, and the failure that the page makes when no answer came.
// @ts-check

/**
 * @typedef {object} Problem
 * @property {string} code
 * @property {string} message
 * @property {boolean} [retryable]
 * @property {number} [retryAfterMs]
 * @property {Record<string, unknown>} [details]
 */
/** @typedef {{ ok: true, data: any } | { ok: false, error: Problem }} Answer */

/**
 * @param {string} code
 * @param {string} message
 * @returns {Answer}
 */
export const failure = (code, message) => ({ ok: false, error: { code, message } });

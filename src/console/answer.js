// What every question to the server ends with, and the answer the page gives itself when none came. Must not know who asked.
// @ts-check

/** @typedef {{ code: string, message: string, retryable?: boolean, retryAfterMs?: number, details?: Record<string, unknown> }} Problem */
/** @typedef {{ ok: true, data: any } | { ok: false, error: Problem }} Answer */

/**
 * @param {string} code
 * @param {string} message
 * @returns {Answer}
 */
export const failure = (code, message) => ({ ok: false, error: { code, message } });

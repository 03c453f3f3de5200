// How the page writes what is no plain text: times, and tokens cut short. Must not know elements.
// @ts-check

/** @param {number | null | undefined} time Unix milliseconds. */
export const clockTime = (time) =>
  time === null || time === undefined ? 'never' : new Date(time).toLocaleTimeString('en-GB');

/** @param {string} token */
export const shortened = (token) =>
  token.length <= 24 ? token : `${token.slice(0, 12)}…${token.slice(-6)} (${token.length} characters)`;

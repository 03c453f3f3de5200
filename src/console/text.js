// Texts of the page: times, shortened tokens, refusals, and the reasons of an end.
// @ts-check

/** @param {number | null | undefined} time Unix milliseconds. */
export const clockTime = (time) =>
  time === null || time === undefined ? 'never' : new Date(time).toLocaleTimeString('en-GB');

const DAY_MS = 24 * 60 * 60_000;

/**
 * The time of day, with the date if it is more than a day away.
 * @param {number} time Unix milliseconds.
 */
export const dayTime = (time) =>
  Math.abs(time - Date.now()) < DAY_MS ? clockTime(time) : new Date(time).toLocaleString('en-GB');

/** @param {string} token */
export const shortened = (token) =>
  token.length <= 24 ? token : `${token.slice(0, 12)}…${token.slice(-6)} (${token.length} characters)`;

/**
 * A replacer for JSON.stringify that hides tokens and passwords, as the screen may be shared.
 * @param {string} key
 * @param {unknown} value
 */
export function redact(key, value) {
  if (['password', 'credential'].includes(key) && value) return '•••';
  return key === 'token' && typeof value === 'string' ? shortened(value) : value;
}

/**
 * A refusal in one line.
 * @param {import('./answer.js').Problem} problem
 */
export function problemText({ message, details, retryAfterMs }) {
  const { until, ...rest } = details ?? {};
  return [
    message,
    ...(typeof until === 'number' ? [`Until ${dayTime(until)}.`] : []),
    ...(retryAfterMs === undefined ? [] : [`Again in ${Math.ceil(retryAfterMs / 1_000)} s.`]),
    ...(Object.keys(rest).length === 0 ? [] : [JSON.stringify(rest)]),
  ].join(' ');
}

const returns = /** @type {Record<string, string>} */ ({
  now: 'The page connects again at once.',
  after: 'The page connects again in a moment.',
  never: 'The page stays away.',
});
/** Advice for the user, beyond waiting. */
const advice = /** @type {Record<string, string>} */ ({
  TOKEN_EXPIRED: 'If the old token is all there is, connect again with a new one.',
  REVOKED: 'Connect again with a token that was issued after the revocation.',
  REPLACED: 'You have more connections than one person may have: close a tab, then connect again.',
  PROTOCOL_ERROR: 'Reload the page: it may be older than the server.',
});

/**
 * The reason why the server closes the connection, and advice (CONN-6).
 * @param {{ code: string, message: string, reconnect: string }} closing
 */
export const closingText = ({ code, message, reconnect }) =>
  [message, returns[reconnect] ?? '', advice[code] ?? ''].filter((part) => part !== '').join(' ');

const farewells = /** @type {Record<string, string>} */ ({
  replaced: 'You are in this room from another tab or device now',
  roomClosed: 'The room was closed',
  disconnected: 'You were away for too long',
  kicked: 'You were removed from the room',
  banned: 'You were banned from the room',
  revoked: 'Your token was revoked',
  notLetIn: 'The room did not let you in again',
});

/**
 * The reason why the user is not in the room any more.
 * @param {{ reason: string, by?: string, until?: number, error?: import('./answer.js').Problem }} farewell
 */
export const farewellText = ({ reason, by, until, error }) =>
  [
    `${farewells[reason] ?? reason}${by ? ` (by ${by})` : ''}.`,
    ...(until === undefined ? [] : [`You can come back at ${dayTime(until)}.`]),
    ...(error ? [`${error.code}: ${problemText(error)}`] : []),
  ].join(' ');

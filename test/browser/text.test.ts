// The page's texts for refusals and closed connections: every closing code has advice, and secrets are hidden.
import { expect, test } from 'vitest';
import { closingCodes, closingTable } from '../../src/protocol/errors.ts';

/** The exports of the page's module, which is plain JavaScript without types. */
interface Text {
  closingText(closing: { code: string; message: string; reconnect: string }): string;
  problemText(problem: { code: string; message: string; retryAfterMs?: number; details?: object }): string;
  farewellText(farewell: { reason: string; by?: string; until?: number }): string;
  redact(key: string, value: unknown): unknown;
}

const address = new URL('../../src/console/text.js', import.meta.url).href;
const { closingText, problemText, farewellText, redact } = (await import(/* @vite-ignore */ address)) as Text;

test.each(closingCodes)('[CONN-6][CONN-10] %s comes with the future of the connection', (code) => {
  const { message, reconnect } = closingTable[code];
  const text = closingText({ code, message, reconnect });
  expect(text).toContain(message);
  expect(text).toContain(reconnect === 'never' ? 'stays away' : 'connects again');
  expect(text.includes('undefined')).toBe(false);
});

test('[CONN-10] for a code of a newer server the page shows the message of the server', () => {
  expect(closingText({ code: 'WEATHER', message: 'It rains.', reconnect: 'someday' })).toBe('It rains.');
});

test('[ACK-1] the text of a refusal has its end, the time of a retry, and all other details', () => {
  const text = problemText({
    ...{ code: 'RATE_LIMITED', message: 'Slow down.', retryAfterMs: 1_200 },
    details: { until: Date.UTC(2001, 1, 3), field: 'seat' },
  });
  expect(text).toMatch(/^Slow down\. Until 0[2-4]\/02\/2001.*\. Again in 2 s\. \{"field":"seat"\}$/);
  expect(problemText({ code: 'X', message: 'No.' })).toBe('No.');
  expect(farewellText({ reason: 'kicked', by: 'alice' })).toBe('You were removed from the room (by alice).');
  expect(farewellText({ reason: 'kicked', until: 0 })).toContain('You can come back at');
});

test('[HTTP-5] passwords and tokens are not shown in full', () => {
  const text = JSON.stringify({ password: 'sesame', token: 'x'.repeat(200), room: { hasPassword: true } }, redact);
  expect(text).not.toContain('sesame');
  expect(text.length).toBeLessThan(120);
  expect(text).toContain('"hasPassword":true');
});

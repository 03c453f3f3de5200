// What the log shows of an error, and what it never shows.
import { expect, test } from 'vitest';
import { createLogger } from '../../src/ops/logger.ts';

function logged(fields: object): Record<string, unknown> {
  const lines: string[] = [];
  createLogger('info', { write: (line) => lines.push(line) }).warn(fields, 'it failed');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

test('an error is logged as name, message and stack, without what a driver attaches to it', () => {
  const error = Object.assign(new Error('WRONGTYPE Operation against a key'), {
    name: 'ReplyError',
    command: { name: 'hset', args: ['mw:{r1}:stage', 'secrets', 'hash-of-a-password'] },
    previousErrors: [Object.assign(new Error('x'), { command: { args: ['hash-of-a-password'] } })],
  });
  const line = logged({ error, roomId: 'r1' });
  expect(line).toMatchObject({
    msg: 'it failed',
    roomId: 'r1',
    error: {
      type: 'ReplyError',
      message: 'WRONGTYPE Operation against a key',
      stack: expect.stringContaining('logger.test'),
    },
  });
  expect(Object.keys(line.error as object).sort()).toEqual(['message', 'stack', 'type']);
  expect(JSON.stringify(line)).not.toContain('hash-of-a-password');
});

test('a thrown value that is no error is logged as text', () => {
  expect(logged({ error: 'just a word' }).error).toEqual({ message: 'just a word' });
});

test('fields with secrets are blanked down to two levels', () => {
  const secret = 'eyJhbGciOi';
  const line = logged({ token: secret, auth: { token: secret }, config: { agora: { appCertificate: secret } } });
  expect(JSON.stringify(line)).not.toContain(secret);
});

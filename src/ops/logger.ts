// The logger of the server. Tokens, secrets and payloads must never be passed to it.
import { pino } from 'pino';

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Fields that are blanked, in case somebody logs an object that has them. */
const secretFields = ['token', 'authorization', 'password', 'passwordHash', 'secret', 'appCertificate', 'auth'];

/** Name, message and stack, and nothing else: drivers attach commands with their arguments to errors. */
const describeError = (error: unknown): object =>
  error instanceof Error
    ? { type: error.name, message: error.message, stack: error.stack }
    : { message: String(error) };

/** Writes finished lines of JSON to `sink`, or to standard output without one. */
export const createLogger = (level: (typeof logLevels)[number], sink?: { write(line: string): void }): Logger =>
  pino(
    {
      level,
      base: null,
      serializers: { error: describeError },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[secret]' },
    },
    sink,
  );

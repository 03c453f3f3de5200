// The one logger. Must never be given a token, a secret or a payload.
import { pino } from 'pino';

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Names of fields that are blanked wherever they turn up, in case somebody logs an object that has them. */
const secretFields = ['token', 'authorization', 'password', 'passwordHash', 'secret', 'appCertificate', 'auth'];

/** What failed and where; never what a driver attaches to its errors, such as the command with its arguments. */
const describeError = (error: unknown): object =>
  error instanceof Error
    ? { type: error.name, message: error.message, stack: error.stack }
    : { message: String(error) };

/** Takes finished lines of JSON. */
export interface LogSink {
  write(line: string): void;
}

/** Writes to standard output unless told where else. */
export const createLogger = (level: LogLevel, sink?: LogSink): Logger =>
  pino(
    {
      level,
      base: null,
      serializers: { error: describeError },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[secret]' },
    },
    sink,
  );

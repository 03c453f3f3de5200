// Fastify as we use it: limits, answers, nothing listening yet. Routes are added by app.ts; testable with inject().
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import type { Logger } from '../ops/logger.ts';
import { answerErrors } from './answers.ts';

/** Time for a client to send its headers and its request; slow ones are let go. */
const REQUEST_TIMEOUT_MS = 10_000;
const BODY_MAX_BYTES = 64 * 1024;

export function createHttpServer(logger: Logger, options: { readonly trustProxy: boolean }): FastifyInstance {
  const http = fastify({
    trustProxy: options.trustProxy,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    // Our own logger says what matters; a line per request does not.
    logger: false,
  });
  answerErrors(http, logger);
  return http;
}

/** Starts listening; resolves with the port, which the system chose if 0 was asked for. */
export async function listen(
  http: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  await http.listen({ host, port });
  return (http.server.address() as AddressInfo).port;
}

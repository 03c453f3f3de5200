// Fastify as we use it: limits, answers, nothing listening yet. Routes are added by app.ts; testable with inject().
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import type { Logger } from '../ops/logger.ts';
import { answerErrors, refuseAddress } from './answers.ts';

/** Time for a client to send its headers and its request; slow ones are let go, within 10 s with the look that finds them. */
const REQUEST_TIMEOUT_MS = 9_000;
/** Node looks each 30 s otherwise: so long whoever says half a word would keep his socket. */
const LOOK_FOR_SLOW_MS = 500;
const BODY_MAX_BYTES = 64 * 1024;
/** As long as Node's whole head of a request may be: what a parameter may be is said by its schema, which names it. */
const PARAMETER_MAX_LENGTH = 16 * 1024;

export function createHttpServer(logger: Logger, options: { readonly trustProxy: boolean }): FastifyInstance {
  const http = fastify({
    trustProxy: options.trustProxy,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { connectionsCheckingInterval: LOOK_FOR_SLOW_MS },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAMETER_MAX_LENGTH },
    frameworkErrors: (_error, _request, reply) => void refuseAddress(reply),
    // Our own logger says what matters; a line per request does not.
    logger: false,
  });
  acceptEmptyJson(http);
  answerErrors(http, logger);
  return http;
}

/** Clients that always say `application/json` say it of no body, too; whether a route needs one is its schema's matter. */
function acceptEmptyJson(http: FastifyInstance): void {
  const parse = http.getDefaultJsonParser('error', 'error');
  http.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text.length === 0) done(null, undefined);
    else void parse(request, text.toString(), done);
  });
}

/** Starts listening; resolves with the port, which the system chose if 0 was asked for. */
export async function listen(
  http: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  await http.listen({ host, port });
  return (http.server.address() as AddressInfo).port;
}

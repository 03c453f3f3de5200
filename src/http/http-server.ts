// The HTTP server: Fastify with our limits and answers. app.ts adds the routes; tests use inject() and no port.
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import type { Logger } from '../ops/logger.ts';
import { answerErrors, refuseAddress } from './answers.ts';

/** The time for a client to send headers and request. With the check below, a slow one is closed within 10 s. */
const REQUEST_TIMEOUT_MS = 9_000;
/** The interval of Node's check for slow requests. The default is 30 s: half a request would keep a socket as long. */
const LOOK_FOR_SLOW_MS = 500;
const BODY_MAX_BYTES = 64 * 1024;
/** As long as Node lets the whole head of a request be. So it is the schema that refuses a long parameter, by name. */
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
    // Our own logger logs what matters; a line for each request does not.
    logger: false,
  });
  acceptEmptyJson(http);
  answerErrors(http, logger);
  return http;
}

/** Some clients send `application/json` even without a body. The schema of the route says whether it needs one. */
function acceptEmptyJson(http: FastifyInstance): void {
  const parse = http.getDefaultJsonParser('error', 'error');
  http.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text.length === 0) done(null, undefined);
    else void parse(request, text.toString(), done);
  });
}

/** Starts listening; resolves with the port, which the system chooses if `port` is 0. */
export async function listen(
  http: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  await http.listen({ host, port });
  return (http.server.address() as AddressInfo).port;
}

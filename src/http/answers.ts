// The one form of all HTTP answers: the body of an ack, with the status of the error table (ACK-1).
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from '../ops/logger.ts';
import { errorTable, type Rejection, toErrorBody } from '../protocol/errors.ts';
import { rejectionFor } from '../rooms/contract/outcome.ts';

export const answer = (data: object) => ({ ok: true as const, data });

export const sendRejection = (reply: FastifyReply, rejection: Rejection) => {
  if (rejection.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(rejection.retryAfterMs / 1000));
  return reply.code(errorTable[rejection.code].httpStatus).send({ ok: false, error: toErrorBody(rejection) });
};

/** The answer to an address that cannot be decoded, and so leads to no route. */
export const refuseAddress = (reply: FastifyReply) =>
  sendRejection(reply, { code: 'BAD_REQUEST', details: { problem: 'the address is not well-formed' } });

/** Turns all errors of routes, and of Fastify itself, into answers of that form. */
export function answerErrors(http: FastifyInstance, logger: Logger): void {
  http.setNotFoundHandler((_request, reply) => sendRejection(reply, { code: 'UNKNOWN_EVENT' }));
  http.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const rejection = rejectionFor(error);
    if (rejection) return sendRejection(reply, rejection);
    if (error.statusCode === 413) return sendRejection(reply, { code: 'PAYLOAD_TOO_LARGE' });
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return sendRejection(reply, { code: 'BAD_REQUEST', details: { problem: error.message } });
    }
    logger.error({ event: 'http.route.failed', error, route: request.routeOptions.url }, 'An HTTP route failed.');
    return sendRejection(reply, { code: 'INTERNAL' });
  });
}

// /livez and /readyz. Liveness does not depend on the store: a restart would not bring the store back.
import type { FastifyInstance } from 'fastify';

export interface Health {
  /** Whether new clients should be sent here: the node is not draining, and the store is not away for too long. */
  isReady(): boolean;
}

export function healthRoutes(http: FastifyInstance, health: Health): void {
  http.get('/livez', async () => ({ status: 'ok' }));
  http.get('/readyz', async (_request, reply) => {
    const isReady = health.isReady();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'unavailable' });
  });
}

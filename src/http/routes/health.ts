// /livez and /readyz. Liveness asks nobody: a store that is away is no reason to restart us. Must not know rooms.
import type { FastifyInstance } from 'fastify';

export interface Health {
  /** Whether new clients should be sent here: not draining, and the store is not away for good. */
  isReady(): boolean;
}

export function healthRoutes(http: FastifyInstance, health: Health): void {
  http.get('/livez', async () => ({ status: 'ok' }));
  http.get('/readyz', async (_request, reply) => {
    const isReady = health.isReady();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'unavailable' });
  });
}

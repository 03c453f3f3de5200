// /metrics, on the operations port only, because it shows how busy a server is.
import type { FastifyInstance } from 'fastify';
import type { Metrics, Readings } from '../../ops/metrics.ts';

interface MetricsRouteDeps {
  readonly metrics: Metrics;
  /** Never rejects. */
  readonly read: () => Promise<Readings>;
}

export function metricsRoute(http: FastifyInstance, { metrics, read }: MetricsRouteDeps): void {
  http.get('/metrics', async (_request, reply) => {
    const page = await metrics.render(await read());
    return reply.type(metrics.contentType).send(page);
  });
}

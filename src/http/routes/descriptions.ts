// /openapi.json and /asyncapi.json: the descriptions of both interfaces.
import type { FastifyInstance } from 'fastify';
import { describeSockets } from '../asyncapi.ts';
import { describeRoutes } from '../openapi.ts';
import type { Route } from '../route.ts';

/** Both documents are made once: they do not change while the server runs. */
export function descriptionRoutes(http: FastifyInstance, routes: readonly Route[], version: string): void {
  const [api, sockets] = [describeRoutes(routes, version), describeSockets(version)];
  http.get('/openapi.json', async (_request, reply) => reply.send(api));
  http.get('/asyncapi.json', async (_request, reply) => reply.send(sockets));
}

// GET /: the page for trying the server in a browser, and the Socket.IO client that it needs.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const here = fileURLToPath(new URL('../../console', import.meta.url));
const socketIo = join(dirname(createRequire(import.meta.url).resolve('socket.io/package.json')), 'client-dist');

/** The page loads nothing from elsewhere and connects only to this server. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' https: data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

export async function consoleRoute(http: FastifyInstance): Promise<void> {
  await http.register(fastifyStatic, {
    root: here,
    prefix: '/',
    index: ['index.html'],
    // Only existing files are routed: other addresses get the API's own 404.
    wildcard: false,
    setHeaders: (reply) => {
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
      reply.header('x-content-type-options', 'nosniff');
    },
  });
  http.get('/socket.io.esm.min.js', (_request, reply) => reply.sendFile('socket.io.esm.min.js', socketIo));
}

// An HTTP route: its address, its access, the schemas of its input and output, and its handler. One table of routes is
// both served and described (openapi.ts). Handlers get parsed input, never Fastify's request or reply.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Authenticator, Identity } from '../auth/authenticator.ts';
import { badRequest, badRequestOf, type Rejection } from '../protocol/errors.ts';
import { forbiddenPath } from '../protocol/payload.ts';
import type { Outcome } from '../rooms/contract/outcome.ts';
import { answer, sendRejection } from './answers.ts';

/** The access to a route: anyone; any valid token; the app's backend (scope `service` or `admin`); scope `admin`. */
type RouteAccess = 'anyone' | 'user' | 'service' | 'admin';

type Shape = z.ZodType<Readonly<Record<string, unknown>>>;

interface RouteSpec<Params extends Shape, Query extends Shape, Body extends Shape> {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/v1/rooms/{roomId}`. */
  readonly path: string;
  readonly summary: string;
  readonly access: RouteAccess;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** The `data` of a successful answer. */
  readonly data: z.ZodType;
  /** Gets only the parts of the input that have a schema. */
  handle(input: {
    readonly params: z.output<Params>;
    readonly query: z.output<Query>;
    readonly body: z.output<Body>;
  }): Promise<Outcome>;
}

/** A route whose handler fits its schemas; their types are no longer needed. */
export type Route = RouteSpec<Shape, Shape, Shape>;

/** Makes a route. The compiler checks the handler against the types of the schemas. */
export const route = <Params extends Shape, Query extends Shape, Body extends Shape>(
  spec: RouteSpec<Params, Query, Body>,
): Route => spec as unknown as Route;

/** Serves the routes. Every answer has the form of an ack; input that does not fit a schema is BAD_REQUEST. */
export function serveRoutes(http: FastifyInstance, routes: readonly Route[], authenticator: Authenticator): void {
  for (const one of routes) {
    http.route({
      method: one.method,
      url: one.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const denied = await denialOf(one.access, request, authenticator);
        if (denied) return sendRejection(reply, denied);
        const outcome = await carryOut(one, request);
        return outcome.ok ? reply.send(answer(outcome.data)) : sendRejection(reply, outcome.rejection);
      },
    });
  }
}

async function carryOut(one: Route, request: FastifyRequest): Promise<Outcome> {
  const input: Record<string, unknown> = {};
  for (const source of ['params', 'query', 'body'] as const) {
    const schema = one[source];
    if (!schema) continue;
    const given = request[source] ?? (source === 'body' ? undefined : {});
    const trick = forbiddenPath(given);
    if (trick) return { ok: false, rejection: badRequest(trick.field, trick.problem) };
    const parsed = schema.safeParse(given);
    if (!parsed.success) return { ok: false, rejection: badRequestOf(parsed.error) };
    input[source] = parsed.data;
  }
  return one.handle(input as Parameters<Route['handle']>[0]);
}

const scopesOf: Readonly<Record<Exclude<RouteAccess, 'anyone'>, readonly Identity['scope'][]>> = {
  user: ['user', 'service', 'admin'],
  service: ['service', 'admin'],
  admin: ['admin'],
};

/** Why the caller may not use the route; null when they may. The token comes in the Authorization header only. */
async function denialOf(
  access: RouteAccess,
  request: FastifyRequest,
  authenticator: Authenticator,
): Promise<Rejection | null> {
  if (access === 'anyone') return null;
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) return { code: 'UNAUTHENTICATED' };
  const authentication = await authenticator.authenticate(token);
  if (!authentication.ok) return { code: authentication.code };
  return scopesOf[access].includes(authentication.identity.scope) ? null : { code: 'FORBIDDEN' };
}

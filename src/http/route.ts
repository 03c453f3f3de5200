// What a route is: its address, who may use it, the schemas of what goes in and comes out, and what it does. One table of
// such routes is served and described (openapi.ts). Must not know Fastify's request or reply beyond registering.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Authenticator, Identity } from '../auth/authenticator.ts';
import { badRequest, badRequestOf, type Rejection } from '../protocol/errors.ts';
import { forbiddenPath } from '../protocol/payload.ts';
import type { Outcome } from '../rooms/contract/outcome.ts';
import { answer, sendRejection } from './answers.ts';

/** Who may use a route: anyone; holders of any valid token; the app's backend (scope `service` or `admin`); admins. */
export type Access = 'anyone' | 'user' | 'service' | 'admin';

type Shape = z.ZodType<Readonly<Record<string, unknown>>>;

export interface RouteSpec<Params extends Shape, Query extends Shape, Body extends Shape> {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/v1/rooms/{roomId}`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** What an answer has as `data`. */
  readonly data: z.ZodType;
}

export interface RouteInput<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

/** A route whose input types are settled. */
export interface Route extends RouteSpec<Shape, Shape, Shape> {
  handle(input: RouteInput<unknown, unknown, unknown>): Promise<Outcome>;
}

/** Ties a handler to the types that its schemas come to. */
export const route = <Params extends Shape, Query extends Shape, Body extends Shape>(
  spec: RouteSpec<Params, Query, Body>,
  handle: (input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<Outcome>,
): Route => ({ ...spec, handle: handle as Route['handle'] });

/** Serves the routes. Every answer has the shape of an ack; what does not fit a schema is BAD_REQUEST and changes nothing. */
export function serveRoutes(http: FastifyInstance, routes: readonly Route[], authenticator: Authenticator): void {
  for (const one of routes) {
    const url = one.path.replaceAll(/\{(\w+)\}/g, ':$1');
    http.route({
      method: one.method,
      url,
      handler: async (request, reply) => {
        const denied = await denialOf(one.access, request, authenticator);
        if (denied) return sendRejection(reply, denied);
        return respond(reply, await carryOut(one, request));
      },
    });
  }
}

function respond(reply: FastifyReply, outcome: Outcome) {
  return outcome.ok ? reply.send(answer(outcome.data)) : sendRejection(reply, outcome.rejection);
}

async function carryOut(one: Route, request: FastifyRequest): Promise<Outcome> {
  const input: Record<string, unknown> = {};
  for (const part of ['params', 'query', 'body'] as const) {
    const schema = one[part];
    if (!schema) continue;
    const given = request[part] ?? (part === 'body' ? undefined : {});
    const trick = forbiddenPath(given);
    if (trick) return { ok: false, rejection: badRequest(trick.field, trick.problem) };
    const parsed = schema.safeParse(given);
    if (!parsed.success) return { ok: false, rejection: badRequestOf(parsed.error) };
    input[part] = parsed.data;
  }
  return one.handle(input as unknown as RouteInput<unknown, unknown, unknown>);
}

const scopesOf: Readonly<Record<Exclude<Access, 'anyone'>, readonly Identity['scope'][]>> = {
  user: ['user', 'service', 'admin'],
  service: ['service', 'admin'],
  admin: ['admin'],
};

/** Why the caller may not use the route; null when he may. The token is in the Authorization header and nowhere else. */
async function denialOf(
  access: Access,
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

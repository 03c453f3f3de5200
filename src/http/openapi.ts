// GET /openapi.json: the HTTP interface, described from the same table of routes that is served.
import { z } from 'zod';
import { errorBodySchema, errorTable } from '../protocol/errors.ts';
import type { Route } from './route.ts';

/** The JSON Schema (draft 2020-12) of a zod schema: of its input, or of its output. */
export const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>;
  return rest;
};

/** An OpenAPI 3.1 document of these routes. */
export function describeRoutes(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of routes) paths[one.path] = { ...paths[one.path], [one.method.toLowerCase()]: operationOf(one) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Maiwei HTTP API',
      version,
      description: 'Voice-room signalling for backends and dashboards. Clients use Socket.IO: see /asyncapi.json.',
    },
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Error: jsonSchema(errorBodySchema, 'output') },
      responses: { Error: content('A refusal, under the status that belongs to its code.', errorAnswer) },
    },
  };
}

/** The form of a successful answer, which is that of an ack. */
export const successAnswer = (data: z.ZodType) => ({
  type: 'object',
  required: ['ok', 'data'],
  properties: { ok: { const: true }, data: jsonSchema(data, 'output') },
});

/** The form of a refusal. The document must have the schema `Error`. */
export const errorAnswer = {
  type: 'object',
  required: ['ok', 'error'],
  properties: { ok: { const: false }, error: { $ref: '#/components/schemas/Error' } },
};

const content = (description: string, schema: object) => ({
  description,
  content: { 'application/json': { schema } },
});

function operationOf(one: Route): Record<string, unknown> {
  const statuses = [...new Set(Object.values(errorTable).map(({ httpStatus }) => httpStatus))].sort();
  return {
    summary: one.summary,
    description: `Access: ${one.access}.`,
    ...(one.access === 'anyone' ? {} : { security: [{ bearer: [] }] }),
    parameters: [...parametersOf(one.params, 'path'), ...parametersOf(one.query, 'query')],
    ...(one.body ? { requestBody: { required: true, ...content('', jsonSchema(one.body, 'input')) } } : {}),
    responses: {
      200: content('Done.', successAnswer(one.data)),
      ...Object.fromEntries(statuses.map((status) => [status, { $ref: '#/components/responses/Error' }])),
    },
  };
}

function parametersOf(schema: z.ZodType | undefined, location: 'path' | 'query'): Record<string, unknown>[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: location,
    required: location === 'path' || required.includes(name),
    schema: one,
  }));
}

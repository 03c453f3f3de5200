// Who calls over HTTP: the bearer token of the Authorization header. Must not know rooms.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '../auth/authenticator.ts';
import { refuse } from './answers.ts';

/** A hook that lets only holders of a valid token pass, whatever their scope. */
export const createBearerCheck =
  (authenticator: Authenticator) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const authentication = token === undefined ? null : await authenticator.authenticate(token);
    if (!authentication?.ok) await refuse(reply, { code: authentication?.code ?? 'UNAUTHENTICATED' });
  };

// POST /v1/dev/token: a token for any user, without authentication. app.ts registers it in development only.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { TokenIssuer } from '../../auth/token-issuer.ts';
import { badRequestOf } from '../../protocol/errors.ts';
import { scopeSchema } from '../../protocol/handshake.ts';
import { userIdSchema } from '../../protocol/ids.ts';
import { avatarSchema, displayNameSchema } from '../../protocol/stage.ts';
import { answer, sendRejection } from '../answers.ts';

const DEFAULT_TTL_MS = 12 * 60 * 60_000;

const body = z.strictObject({
  userId: userIdSchema,
  name: displayNameSchema.optional(),
  avatar: avatarSchema.optional(),
  level: z.int().min(0).max(1_000_000).optional(),
  scope: scopeSchema.optional(),
  ttlMs: z.int().min(1_000).max(DEFAULT_TTL_MS).default(DEFAULT_TTL_MS),
});

export function devTokenRoute(http: FastifyInstance, issuer: TokenIssuer): void {
  http.post('/v1/dev/token', async (request, reply) => {
    const parsed = body.safeParse(request.body);
    if (!parsed.success) return sendRejection(reply, badRequestOf(parsed.error));
    const { userId, ttlMs, ...claims } = parsed.data;
    return answer(await issuer.issue({ sub: userId, ...claims }, ttlMs));
  });
}

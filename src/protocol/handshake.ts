// The handshake of a connection, and the claims of a token. Tokens are verified in src/auth.
import { z } from 'zod';
import { userIdSchema } from './ids.ts';
import { avatarSchema, displayNameSchema, timeSchema } from './stage.ts';

export const tokenSchema = z.string().min(1).max(8192);

/** Socket.IO's `auth`: flat strings, because the Java client cannot send anything else (CONN-2). */
export const handshakeSchema = z.object({ token: tokenSchema, protocol: z.unknown() });

export const scopeSchema = z.enum(['user', 'service', 'admin']);

/** The JWT claims that Maiwei reads (CONN-2); it ignores all others. Times are Unix seconds, as RFC 7519 says. */
export const claimsSchema = z.object({
  sub: userIdSchema,
  exp: z.number(),
  iat: z.number(),
  name: displayNameSchema.optional(),
  avatar: avatarSchema.optional(),
  scope: scopeSchema.default('user'),
  realName: z.boolean().default(false),
  minor: z.boolean().default(false),
  level: z.int().min(0).max(1_000_000).default(0),
});
export type Claims = z.infer<typeof claimsSchema>;

/** The ack's `data` of the commands about the session itself. */
export const sessionAckSchemas = {
  'session:renew': z.strictObject({ tokenExpiresAt: timeSchema }),
} as const;

// What the app's backend decides about a user's connections (CONN-13). Must not know sockets.
import { z } from 'zod';
import { userIdSchema } from '../../protocol/ids.ts';
import { timeSchema } from '../../protocol/stage.ts';
import type { Accounts } from '../../rooms/accounts.ts';
import { succeed } from '../../rooms/outcome.ts';
import { type Route, route } from '../route.ts';

export const userRoutes = ({ accounts }: { readonly accounts: Accounts }): readonly Route[] => [
  route(
    {
      method: 'POST',
      path: '/v1/users/{userId}/revoke',
      summary: 'Refuses the tokens that the user has, ends his connections and memberships.',
      access: 'service',
      params: z.strictObject({ userId: userIdSchema }),
      /** `until`: how long the revocation is remembered; longer than the longest life of your tokens. */
      body: z.strictObject({ until: timeSchema.optional() }).default({}),
      data: z.strictObject({ at: timeSchema }),
    },
    async ({ params, body }) => succeed({ ...(await accounts.revoke(params.userId, body.until)) }),
  ),
];

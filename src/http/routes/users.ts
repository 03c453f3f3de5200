// What the app's backend decides about a user's connections (CONN-13). Must not know sockets.
import { z } from 'zod';
import { badRequest } from '../../protocol/errors.ts';
import { userIdSchema } from '../../protocol/ids.ts';
import { timeSchema } from '../../protocol/stage.ts';
import { succeed } from '../../rooms/contract/outcome.ts';
import type { UserSessions } from '../../users/user-sessions.ts';
import { type Route, route } from '../route.ts';

interface UserRoutesDeps {
  readonly userSessions: UserSessions;
  /** Store time, Unix milliseconds. */
  readonly storeNow: () => number;
}

export const userRoutes = ({ userSessions, storeNow }: UserRoutesDeps): readonly Route[] => [
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
    async ({ params, body: { until } }) => {
      if (until !== undefined && until <= storeNow()) {
        return { ok: false, rejection: badRequest('until', 'this time is over: nothing would be revoked') };
      }
      const { at } = await userSessions.revoke(params.userId, until);
      return succeed({ at });
    },
  ),
];

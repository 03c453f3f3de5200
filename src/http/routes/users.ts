// The command of the app's backend about a user's connections: revocation (CONN-13).
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
  route({
    method: 'POST',
    path: '/v1/users/{userId}/revoke',
    summary: 'Revokes the present tokens of a user, and ends their connections and memberships.',
    access: 'service',
    params: z.strictObject({ userId: userIdSchema }),
    /** `until`: the revocation is remembered until then. All tokens that exist now should expire before. */
    body: z.strictObject({ until: timeSchema.optional() }).default({}),
    data: z.strictObject({ at: timeSchema }),
    handle: async ({ params, body: { until } }) => {
      if (until !== undefined && until <= storeNow()) {
        return { ok: false, rejection: badRequest('until', 'this time is over: nothing would be revoked') };
      }
      const { at } = await userSessions.revoke(params.userId, until);
      return succeed({ at });
    },
  }),
];

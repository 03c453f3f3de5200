// Row: tokens expire and are revoked while their connections are open; then the same with silent subscriptions.
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { BLACK_HOLE } from '../../support/tcp-proxy.ts';
import { type Cluster, roleOf, SECRET } from '../cluster.ts';
import { isLetIn, knock } from '../hostile/knocking.ts';
import { type Ended, TokenUser } from '../hostile/token-user.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { signed, tokenFor } from '../token.ts';
import type { Row } from './row.ts';

const HOUR_S = 3_600;
/** SPEC.md: how far clocks may differ. */
const SKEW_MS = 30_000;
/** A token that expired this long ago is just accepted. */
const RAN_OUT_MS = 25_000;
const ENDED_DEADLINE_MS = 45_000;
const HOLD_EACH_MS = 20;
/** The error of reading two clocks one after the other. */
const ROUNDING_MS = 5;

export const tokens: Row = {
  name: 'tokens',
  fault: 'token expiry and revocation mid-connection, pub/sub cut',
  store: 'standalone',
  figures: {
    expiry: { title: 'accepted after exp', unit: 'ms', budget: { at: 'max', limit: SKEW_MS } },
    revoked: { title: 'revocation', unit: 'ms', budget: { at: 'p99', limit: 2_000 } },
    revokedCut: { title: 'revocation, pub/sub cut', unit: 'ms', budget: { at: 'p99', limit: 10_000 } },
    accepted: { title: 'accepted after the end', unit: 'ms', budget: { at: 'max', limit: 0 } },
  },
  play: (cluster, options) =>
    play({
      cluster,
      ...options,
      fault: async (scene) => {
        const count = options.size === 'small' ? 6 : 60;
        const { roomId } = scene.parties[0] as Scene['parties'][number];
        const where: Where = { cluster, roomId };
        const expiring = runOut(where, { count, leftMs: options.size === 'small' ? -RAN_OUT_MS : 2_000 });
        const revoked = await revoke(where, { count, name: 'direct' });
        const silencing = silence(cluster);
        const cut = await revoke(where, { count, name: 'cut' });
        silencing.stop();
        const expired = await expiring;
        const all = [...revoked.ended, ...cut.ended];
        const again = await knock(cluster.node(1).server.url, 'newcomer');
        return {
          holds: {
            'revoked connections end with REVOKED': all
              .filter(({ code }) => code !== 'REVOKED')
              .map(({ code }) => code),
            'expired connections end with TOKEN_EXPIRED': expired.ended
              .filter(({ code }) => code !== 'TOKEN_EXPIRED')
              .map(({ code }) => code),
            'nothing is accepted after exp + 30 s': expired.afterExp
              .filter((ms) => ms > SKEW_MS + ROUNDING_MS)
              .map(String),
            'old tokens open no connection': [...revoked.letIn, ...cut.letIn, ...expired.letIn],
            'other users still connect': Number.isFinite(again) ? [] : ['not within 15 s'],
          },
          figures: {
            expiry: expired.afterExp,
            revoked: revoked.took,
            revokedCut: cut.took,
            accepted: all.map(({ acceptedAt, at }) => Math.max(0, acceptedAt - at)),
          },
        };
      },
    }),
};

interface Where {
  readonly cluster: Cluster;
  readonly roomId: string;
}

/** Tokens that expire in `leftMs` (or did): when the last command was accepted, relative to `exp`. */
async function runOut({ cluster, roomId }: Where, { count, leftMs }: { count: number; leftMs: number }) {
  const now = Math.floor(Date.now() / 1_000);
  const exp = now + leftMs / 1_000;
  const expAt = monotonicMs() + (exp * 1_000 - Date.now());
  const token = (index: number) => signed({ sub: `${roomId}-late${index}`, iat: now - HOUR_S, exp }, SECRET);
  const users = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      TokenUser.enter({ url: cluster.node(index).server.url, token: token(index), roomId }),
    ),
  );
  const ended = await Promise.all(users.map(untilEnded));
  for (const one of users) one.close();
  const letIn = await opening(cluster, { count, token });
  return { ended, letIn, afterExp: ended.map(({ acceptedAt }) => acceptedAt - expAt) };
}

/** The backend revokes all of them, by any node: how long until each connection ended. */
async function revoke({ cluster, roomId }: Where, { count, name }: { count: number; name: string }) {
  const userId = (index: number) => `${roomId}-${name}${index}`;
  const token = (index: number) => tokenFor(userId(index), SECRET);
  const users = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      TokenUser.enter({ url: cluster.node(index).server.url, token: token(index), roomId }),
    ),
  );
  const now = Math.floor(Date.now() / 1_000);
  const service = signed({ sub: 'backend', scope: 'service', iat: now - 60, exp: now + HOUR_S }, SECRET);
  const ends = users.map(async (user, index) => {
    const from = monotonicMs();
    const { url } = cluster.node(index + 1).server;
    const headers = { authorization: `Bearer ${service}` };
    const { status } = await fetch(`${url}/v1/users/${userId(index)}/revoke`, { method: 'POST', headers });
    if (status !== 200) throw new Error(`a revocation was answered with ${status}`);
    const ended = await untilEnded(user);
    return { ended, took: ended.at - from };
  });
  const outcomes = await Promise.all(ends);
  for (const one of users) one.close();
  const letIn = await opening(cluster, { count, token });
  return { ended: outcomes.map(({ ended }) => ended), took: outcomes.map(({ took }) => took), letIn };
}

/** The tokens that open a connection. */
async function opening(cluster: Cluster, { count, token }: { count: number; token: (index: number) => string }) {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) => isLetIn(cluster.node(index + 2).server.url, token(index))),
  );
  return answers.flatMap((isIn, index) => (isIn ? [`token ${index}`] : []));
}

const never: Ended = { at: Number.POSITIVE_INFINITY, code: 'never', acceptedAt: Number.POSITIVE_INFINITY };
const untilEnded = (user: TokenUser): Promise<Ended> =>
  Promise.race([user.ended, pauseMs(ENDED_DEADLINE_MS).then(() => never)]);

/** Black-holes the subscriptions of rooms and users, new ones included, until `stop()`. */
function silence(cluster: Cluster): { stop(): void } {
  const links = () => cluster.nodes.flatMap(({ proxy }) => proxy.links());
  const timer = setInterval(() => {
    for (const link of links()) if (link.firstText !== '' && roleOf(link) !== 'commands') link.weather = BLACK_HOLE;
  }, HOLD_EACH_MS);
  return {
    stop() {
      clearInterval(timer);
      for (const link of links()) link.weather = null;
    },
  };
}

// The RTC provider `p2p`: browsers send their voice to each other and connect through the ICE servers named here.
// Members exchange the WebRTC signals themselves (`signal:send`); Maiwei does not talk to the ICE servers.
import { createHmac } from 'node:crypto';
import type { Grant } from '../protocol/snapshot.ts';
import { bareGrant, type GrantRequest, type RtcProvider } from './rtc-provider.ts';

/** The same as the default lifetime of Agora's tokens. Relays ask for the credential again during a call. */
const TURN_TTL_MS = 600_000;

/** No server is between the members, so nothing can stop a member from sending to others that accept it. */
const traits = {
  name: 'p2p',
  capabilities: { publishEnforcedByToken: false, instantRevoke: false },
} as const;

export interface P2pOptions {
  /** `stun:`, `turn:` and `turns:` addresses. */
  readonly iceServers: readonly string[];
  /** The secret shared with the TURN servers (coturn's `static-auth-secret`); null: there are no TURN servers. */
  readonly turnSecret: string | null;
}

type IceServers = NonNullable<Grant['iceServers']>;

/** The provider `p2p` (RTC-5): no app id, no token. Credentials for TURN servers expire with the grant. */
export function createP2pProvider({ iceServers, turnSecret }: P2pOptions): RtcProvider {
  const isTurn = (url: string) => /^turns?:/.test(url);
  const [turn, stun] = [iceServers.filter(isTurn), iceServers.filter((url) => !isTurn(url))];
  const ttlMs = turnSecret === null || turn.length === 0 ? null : TURN_TTL_MS;

  function serversFor({ roomId, uid }: GrantRequest, expiresAt: number | null): IceServers {
    const open = stun.length > 0 ? [{ urls: [...stun] }] : [];
    if (turnSecret === null || expiresAt === null) return open;
    // The scheme of coturn's REST API: the user name contains its expiry, and the shared secret signs the name.
    const username = `${expiresAt / 1000}:${roomId}.${uid}`;
    const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
    return [...open, { urls: [...turn], username, credential }];
  }

  function mint(request: GrantRequest): Grant {
    const grant = bareGrant(traits, request);
    const expiresAt = ttlMs === null ? null : Math.floor(request.now / 1000) * 1000 + ttlMs;
    return Object.assign(grant, { expiresAt, iceServers: serversFor(request, expiresAt) });
  }

  return { ...traits, ttlMs, mint };
}

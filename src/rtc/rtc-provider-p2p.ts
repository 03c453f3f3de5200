// No carrier: browsers send each other their voice, and find each other with the ICE servers named here. Must not know
// how they signal (members do that among themselves), nor talk to those servers.
import { createHmac } from 'node:crypto';
import type { Grant } from '../protocol/snapshot.ts';
import { assertGrantRequest, type GrantRequest, type RtcProvider } from './rtc-provider.ts';

/** As long as Agora's tokens live by default. Relays ask for the credential anew while a call goes on. */
const TURN_TTL_MS = 600_000;

/** Nobody stands between the members: whoever wants to send to others who listen to him can. */
const capabilities = { publishEnforcedByToken: false, instantRevoke: false } as const;

export interface P2pOptions {
  /** `stun:`, `turn:` and `turns:` addresses. */
  readonly iceServers: readonly string[];
  /** What the TURN servers know too (coturn's `static-auth-secret`); null: there are none. */
  readonly turnSecret: string | null;
}

type IceServers = NonNullable<Grant['iceServers']>;

/** The provider `p2p` (RTC-5): no app id, no token; with TURN servers, credentials for them that expire with the grant. */
export function createP2pProvider({ iceServers, turnSecret }: P2pOptions): RtcProvider {
  const isTurn = (url: string) => /^turns?:/.test(url);
  const [turn, stun] = [iceServers.filter(isTurn), iceServers.filter((url) => !isTurn(url))];
  const ttlMs = turnSecret === null || turn.length === 0 ? null : TURN_TTL_MS;

  function serversFor({ roomId, uid }: GrantRequest, expiresAt: number | null): IceServers {
    const open = stun.length > 0 ? [{ urls: [...stun] }] : [];
    if (turnSecret === null || expiresAt === null) return open;
    // The scheme of coturn's REST API: the name says until when it is good, and the shared secret vouches for the name.
    const username = `${expiresAt / 1000}:${roomId}.${uid}`;
    const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
    return [...open, { urls: [...turn], username, credential }];
  }

  function mint(request: GrantRequest): Grant {
    assertGrantRequest(request);
    const { roomId, uid, role, now } = request;
    const expiresAt = ttlMs === null ? null : Math.floor(now / 1000) * 1000 + ttlMs;
    return {
      roomId,
      provider: 'p2p',
      appId: null,
      channel: roomId,
      uid,
      role,
      token: null,
      expiresAt,
      capabilities: { ...capabilities },
      iceServers: serversFor(request, expiresAt),
    };
  }

  return { name: 'p2p', capabilities, ttlMs, mint };
}

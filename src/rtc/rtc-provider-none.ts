// The RTC provider `none`: grants without a voice service, for rooms without sound and for tests.
import type { Grant } from '../protocol/snapshot.ts';
import { assertGrantRequest, type GrantRequest, type RtcProvider } from './rtc-provider.ts';

const capabilities = { publishEnforcedByToken: false, instantRevoke: false } as const;

/** The provider `none` (RTC-5): its grants have no app id and no token, and never expire. */
export function createNoProvider(): RtcProvider {
  return { name: 'none', capabilities, ttlMs: null, mint };
}

function mint(request: GrantRequest): Grant {
  assertGrantRequest(request);
  const { roomId, uid, role } = request;
  return {
    roomId,
    provider: 'none',
    appId: null,
    channel: roomId,
    uid,
    role,
    token: null,
    expiresAt: null,
    capabilities: { ...capabilities },
  };
}

// The RTC provider `none`: grants without a voice service, for rooms without sound and for tests.
import { bareGrant, type RtcProvider } from './rtc-provider.ts';

const traits = {
  name: 'none',
  capabilities: { publishEnforcedByToken: false, instantRevoke: false },
} as const;

/** The provider `none` (RTC-5): its grants have no app id and no token, and never expire. */
export const createNoProvider = (): RtcProvider => ({
  ...traits,
  ttlMs: null,
  mint: (request) => bareGrant(traits, request),
});

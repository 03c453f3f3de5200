// The provider `none`: the contract, and its grant field by field.
import { expect, test } from 'vitest';
import { createNoProvider } from '../../src/rtc/rtc-provider-none.ts';
import { request, rtcProviderContract } from './rtc-provider.contract.ts';

rtcProviderContract('none', createNoProvider);

test('[RTC-5] none: token, app id and expiry are null, and it has no capability', () => {
  expect(createNoProvider().mint(request)).toEqual({
    roomId: 'room-1',
    provider: 'none',
    appId: null,
    channel: 'room-1',
    uid: 1001,
    role: 'publisher',
    token: null,
    expiresAt: null,
    capabilities: { publishEnforcedByToken: false, instantRevoke: false },
  });
});

// The provider without a carrier: the contract, and what its grant is to the letter.
import { expect, test } from 'vitest';
import { createNoProvider } from '../../src/rtc/rtc-provider-none.ts';
import { request, rtcProviderContract } from './rtc-provider.contract.ts';

rtcProviderContract('none', createNoProvider);

test('[RTC-5] none: token, app id and expiry are null, and it can do nothing', () => {
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

// The provider `p2p`: the contract with and without TURN, and its grants field by field.
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { createP2pProvider } from '../../src/rtc/rtc-provider-p2p.ts';
import { request, rtcProviderContract } from './rtc-provider.contract.ts';

const stun = ['stun:stun.example.com:3478'];
const turn = ['turn:turn.example.com:3478?transport=udp', 'turns:turn.example.com:5349'];
const turnSecret = 'north';
const bare = () => createP2pProvider({ iceServers: stun, turnSecret: null });
const relayed = () => createP2pProvider({ iceServers: [...turn, ...stun], turnSecret });

rtcProviderContract('p2p', bare);
rtcProviderContract('p2p', relayed);

test('[RTC-5] p2p: token, app id and expiry are null, and it cannot stop a member from sending', () => {
  expect(bare().mint(request)).toEqual({
    roomId: 'room-1',
    provider: 'p2p',
    appId: null,
    channel: 'room-1',
    uid: 1001,
    role: 'publisher',
    token: null,
    expiresAt: null,
    capabilities: { publishEnforcedByToken: false, instantRevoke: false },
    iceServers: [{ urls: stun }],
  });
  expect(createP2pProvider({ iceServers: [], turnSecret: null }).mint(request).iceServers).toEqual([]);
});

test('[RTC-5] p2p with TURN: a credential by coturn’s scheme, for this member, for the lifetime of the grant', () => {
  const grant = relayed().mint({ ...request, now: 1_700_000_000_999 });
  expect([grant.token, grant.expiresAt]).toEqual([null, 1_700_000_600_000]);
  const username = '1700000600:room-1.1001';
  const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
  expect(grant.iceServers).toEqual([{ urls: stun }, { urls: turn, username, credential }]);
  expect(JSON.stringify(grant)).not.toContain(turnSecret);
});

test('[RTC-5] the scheme gives the same credential as another program (openssl dgst -sha1 -hmac north -binary | base64)', () => {
  const { iceServers = [] } = relayed().mint({ ...request, now: 1_700_000_000_000 });
  expect(iceServers[1]?.credential).toBe('hKVvEhu3Aiq/q5WNvI1EFmwyhAU=');
});

test('[RTC-1] the addresses in a grant are a copy, too', () => {
  const provider = relayed();
  provider.mint(request).iceServers?.[0]?.urls.push('stun:evil.example');
  expect(provider.mint(request).iceServers?.[0]?.urls).toEqual(stun);
});

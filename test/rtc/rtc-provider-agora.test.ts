// Agora grants, checked with a decoder of our own and with known tokens, and not with agora-token itself.
import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { must } from '../../src/lang/assert.ts';
import type { Grant } from '../../src/protocol/snapshot.ts';
import { type GrantRequest, RtcInputError, RtcProviderError } from '../../src/rtc/rtc-provider.ts';
import { type AgoraOptions, createAgoraProvider } from '../../src/rtc/rtc-provider-agora.ts';
import {
  type AgoraVector,
  contentOfV1,
  publishedVectors,
  publisherVector,
  subscriberVector,
  vectorApp,
  videoPublisherVector,
} from './agora-vectors.ts';
import { decodeAgoraToken, verifyAgoraToken } from './decode-agora-token.ts';
import { request, rtcProviderContract } from './rtc-provider.contract.ts';

const { appId, appCertificate } = vectorApp;
const wrongCertificate = appCertificate.replace('5', '6');

const mint = (asked: Partial<GrantRequest> = {}, options: Partial<AgoraOptions> = {}): Grant =>
  createAgoraProvider({ ...vectorApp, ...options }).mint({ ...request, ...asked });
const tokenOf = (grant: Grant): string => must(grant.token, 'an Agora grant has a token');
const decode = (grant: Grant) => decodeAgoraToken(tokenOf(grant));

/** The error that `run` throws; fails if it throws none. */
function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

rtcProviderContract('agora', () => createAgoraProvider(vectorApp));

describe('the decoder of these tests, against known tokens', () => {
  const vectors = [...publishedVectors, subscriberVector, publisherVector, videoPublisherVector];

  test.each(vectors)('[RTC-2] $name decodes', ({ name: _name, token, ...decoded }) => {
    expect(decodeAgoraToken(token)).toEqual({ appId, content: expect.any(String), ...decoded });
  });

  test.each(vectors)('[RTC-2] $name verifies with its certificate and with no other', ({ token }) => {
    expect(verifyAgoraToken(token, appCertificate)).toBe(true);
    expect(verifyAgoraToken(token, wrongCertificate)).toBe(false);
  });

  test('[RTC-2] V1 inflates to its published bytes', () => {
    expect(decodeAgoraToken(must(publishedVectors[0], 'V1').token).content).toBe(contentOfV1);
  });

  test.each([
    { what: 'an empty string', text: '' },
    { what: 'a version alone', text: '007' },
    { what: 'another version', text: publisherVector.token.replace('007', '006') },
    { what: 'a token cut short', text: publisherVector.token.slice(0, -8) },
    { what: 'a token with a character too many', text: `${publisherVector.token}A` },
  ])('[RTC-2] $what does not decode', ({ text }) => {
    expect(() => decodeAgoraToken(text)).toThrow();
  });
});

describe('agora: the token', () => {
  const asVector = { ttlMs: 900_000, randomSalt: () => 12_345_678 };

  test.each<{ role: Grant['role']; vector: AgoraVector }>([
    { role: 'subscriber', vector: subscriberVector },
    { role: 'publisher', vector: publisherVector },
  ])('[RTC-2] as a $role: $vector.name, signature included', ({ role, vector }) => {
    const grant = mint({ role }, asVector);
    expect(decode(grant)).toEqual(decodeAgoraToken(vector.token));
    expect(verifyAgoraToken(tokenOf(grant), appCertificate)).toBe(true);
    expect(verifyAgoraToken(tokenOf(grant), wrongCertificate)).toBe(false);
  });

  test('[RTC-1] the grant around the token is complete', () => {
    expect(mint({}, asVector)).toEqual({
      roomId: 'room-1',
      provider: 'agora',
      appId,
      channel: 'room-1',
      uid: 1001,
      role: 'publisher',
      token: expect.stringMatching(/^007/),
      expiresAt: 1_700_000_900_000,
      capabilities: { publishEnforcedByToken: true, instantRevoke: false },
    });
  });

  test('[RTC-2] for every request: one room, one user, audio only, one expiry, never 0', () => {
    const whole = fc.record({
      uid: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      role: fc.constantFrom<Grant['role']>('publisher', 'subscriber'),
      ttlMs: fc.integer({ min: 120, max: 86_400 }).map((seconds) => seconds * 1000),
      now: fc.integer({ min: 0, max: 2 ** 32 * 1000 - 1 }),
    });
    fc.assert(
      fc.property(whole, ({ ttlMs, ...asked }) => {
        const grant = mint(asked, { ttlMs });
        const token = decode(grant);
        const privileges = asked.role === 'publisher' ? [1, 2] : [1];
        expect(token.services).toEqual([
          { type: 1, privileges: privileges.map((it) => [it, token.expire]), texts: ['room-1', `${asked.uid}`] },
        ]);
        expect(token.expire).toBe(ttlMs / 1000);
        expect(token.issueTs).toBe(Math.floor(asked.now / 1000));
        expect((token.issueTs + token.expire) * 1000).toBe(grant.expiresAt);
        expect(token.appId).toBe(grant.appId);
        expect(verifyAgoraToken(tokenOf(grant), appCertificate)).toBe(true);
      }),
    );
  });
});

describe('agora: time, chance and failure', () => {
  test('[RTC-2] the lifetime of a token is 10 minutes by default', () => {
    const grant = mint();
    expect(decode(grant).expire).toBe(600);
    expect(grant.expiresAt).toBe(request.now + 600_000);
    expect(createAgoraProvider(vectorApp).ttlMs).toBe(600_000);
  });

  test('[RTC-2] the grant expires with the token’s whole seconds, not after them', () => {
    expect(mint({ now: request.now + 999 }).expiresAt).toBe(request.now + 600_000);
  });

  test('[RTC-2] only the caller’s clock counts, even at 0, which means "now" to the library', () => {
    expect(decode(mint({ now: 0 })).issueTs).toBe(0);
  });

  test('[RTC-2] each token has a new salt, from 1 to 99999999', () => {
    const salts = Array.from({ length: 50 }, () => decode(mint()).salt);
    expect(new Set(salts).size).toBeGreaterThan(45);
    expect(salts.filter((salt) => salt < 1 || salt > 99_999_999)).toEqual([]);
  });

  test.each([0, 0.5, -1, 100_000_000, 2 ** 32, Number.NaN])('[RTC-2] a salt of %d is an error', (salt) => {
    expect(() => mint({}, { randomSalt: () => salt })).toThrow(RtcProviderError);
  });

  test('[RTC-1] an empty token from the library is an error, not a grant', () => {
    expect(() => mint({}, { buildToken: () => '' })).toThrow(RtcProviderError);
  });

  test('[RTC-2] a refused request reaches neither salt nor signature', () => {
    const never = (): never => {
      throw new Error('reached');
    };
    expect(() => mint({ uid: 0 }, { randomSalt: never, buildToken: never })).toThrow(RtcInputError);
  });
});

describe('agora: the set-up', () => {
  const badKeys = ['', 'a'.repeat(31), 'a'.repeat(33), 'g'.repeat(32), `${'a'.repeat(32)}\n`, undefined, null, 1];

  test.each(badKeys)('[RTC-5] app id %j is refused by name', (bad) => {
    const { message } = thrownBy(() => createAgoraProvider({ appId: bad as string, appCertificate }));
    expect(message).toMatch(/app id .*32 hexadecimal/);
  });

  test.each(badKeys)('[RTC-5] app certificate %j is refused by name', (bad) => {
    const { message } = thrownBy(() => createAgoraProvider({ appId, appCertificate: bad as string }));
    expect(message).toMatch(/app certificate .*32 hexadecimal/);
  });

  test.each([0, -1, 60_000, 119_000, 120_001, 600_000.5, 86_401_000, Number.NaN, Number.POSITIVE_INFINITY])(
    '[RTC-2] a ttl of %d ms is refused',
    (ttlMs) => expect(() => createAgoraProvider({ ...vectorApp, ttlMs })).toThrow(RtcProviderError),
  );

  test.each([120_000, 86_400_000])('[RTC-2] a ttl of %d ms is allowed', (ttlMs) => {
    expect(decode(mint({}, { ttlMs })).expire).toBe(ttlMs / 1000);
  });

  test('[RTC-5] no error contains a certificate, an app id or a token', () => {
    const secret = 'secret-'.repeat(5);
    const errors = [
      () => createAgoraProvider({ appId: secret, appCertificate: secret }),
      () => createAgoraProvider({ appId, appCertificate: secret }),
      () => createAgoraProvider({ appId: secret, appCertificate }),
      () => createAgoraProvider({ ...vectorApp, ttlMs: 1 }),
      () => mint({}, { buildToken: () => '' }),
      () => mint({}, { randomSalt: () => 0 }),
      () => mint({ uid: 0 }),
      () => mint({ roomId: secret.repeat(2) as GrantRequest['roomId'] }),
    ].map((run) => inspect(thrownBy(run), { depth: null, showHidden: true }));
    for (const text of errors) expect(text).not.toMatch(new RegExp(`secret-|${appCertificate}|${appId}|007eJ`, 'i'));
  });

  test('[RTC-5] the provider does not show its certificate when it is logged', () => {
    const shown = inspect(createAgoraProvider(vectorApp), { depth: null, showHidden: true });
    expect(shown).not.toContain(appCertificate);
  });

  test('[RTC-5] agora-token has the version whose inner classes were reviewed, and native ESM finds them', () => {
    const script = `
      import { readFileSync } from 'node:fs';
      import agora from 'agora-token/src/AccessToken2.js';
      const { version } = JSON.parse(readFileSync('node_modules/agora-token/package.json', 'utf8'));
      const { ServiceRtc, AccessToken2 } = agora;
      const privileges = [ServiceRtc.kPrivilegeJoinChannel, ServiceRtc.kPrivilegePublishAudioStream];
      console.log(JSON.stringify([version, typeof AccessToken2, ...privileges]));`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(['2.0.6', 'function', 1, 2]);
  });
});

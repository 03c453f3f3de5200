// Our tokens are Agora's, to the byte: whatever agora-token makes of the same claims.
import agora from 'agora-token/src/AccessToken2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AgoraApp, type AgoraTokenClaims, createAgoraSigner } from '../../src/rtc/sign-agora.ts';

function signedByAgora({ appId, appCertificate }: AgoraApp, claims: AgoraTokenClaims): string {
  const service = new agora.ServiceRtc(claims.channel, claims.uid);
  for (const privilege of claims.privileges) service.add_privilege(privilege, claims.expireSeconds);
  const token = new agora.AccessToken2(appId, appCertificate, claims.issueTs, claims.expireSeconds);
  token.issueTs = claims.issueTs;
  token.salt = claims.salt;
  token.add_service(service);
  return token.build();
}

const hex32 = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: 32, maxLength: 32 });
const id = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-'), minLength: 1, maxLength: 63 });
const claims: fc.Arbitrary<AgoraTokenClaims> = fc.record({
  channel: id,
  uid: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  privileges: fc.constantFrom([1], [1, 2], [2, 1], [1, 2, 3, 4]),
  issueTs: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  expireSeconds: fc.integer({ min: 1, max: 86_400 }),
  salt: fc.integer({ min: 1, max: 99_999_999 }),
});

test('[RTC-2] a token is byte for byte what agora-token makes of its claims', () => {
  const sign = createAgoraSigner();
  fc.assert(
    fc.property(fc.record({ appId: hex32, appCertificate: hex32 }), fc.array(claims, { minLength: 1 }), (app, all) => {
      // One after the other by one signer, the second unchanged in between, too.
      for (const one of all.flatMap((each) => [each, { ...each, salt: 1 }])) {
        expect(sign(app, one)).toBe(signedByAgora(app, one));
      }
    }),
    { numRuns: 300 },
  );
});

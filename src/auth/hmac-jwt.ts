// Verifies tokens that are signed with a shared secret (HS256), in the calling thread. jose uses the thread pool. When
// many clients connect at once, that costs more than the whole rest of the handshake. jose still checks the claims.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, UnsecuredJWT } from 'jose';

/** The header `{"alg":"none"}`: jose then checks the claims alone. The signature has been verified before that. */
const UNSECURED = 'eyJhbGciOiJub25lIn0';

/** Throws the errors of jose's jwtVerify. No claim is used before the signature has been verified. */
export type VerifyHmac = (token: string, options: JWTVerifyOptions) => { readonly payload: JWTPayload };

/** `secret` both signs and verifies: with it anybody can make a token for any user. */
export function createHmacVerify(secret: string): VerifyHmac {
  const key = createSecretKey(secret, 'utf8');
  return (token, options) => {
    const [header, claims, signature, ...more] = token.split('.');
    if (!header || !claims || !signature || more.length > 0) throw new errors.JWSInvalid('not a token of three parts');
    const { alg, crit } = decodeProtectedHeader(token);
    if (alg !== 'HS256') throw new errors.JOSEAlgNotAllowed('HS256 is the only algorithm of a shared secret');
    // A critical extension must be understood by the verifier, and this one knows none.
    if (crit !== undefined) throw new errors.JOSENotSupported('a critical extension');
    const expected = createHmac('sha256', key).update(`${header}.${claims}`).digest('base64url');
    if (!isSame(expected, signature)) throw new errors.JWSSignatureVerificationFailed();
    return UnsecuredJWT.decode(`${UNSECURED}.${claims}.`, options);
  };
}

/** Takes the same time wherever the two differ, so that the time tells an attacker nothing. */
function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

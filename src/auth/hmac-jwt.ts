// Verifies tokens that are signed with a shared secret (HS256), on the spot. jose does it through the thread pool, which costs
// a server that lets in a crowd more than all the rest of the handshake; what the claims must be is still judged by jose.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, UnsecuredJWT } from 'jose';

/** The header `{"alg":"none"}`: jose's name for claims whose signature somebody else has seen to. */
const UNSECURED = 'eyJhbGciOiJub25lIn0';

/** Throws as jose's jwtVerify does. Nothing of the token is believed before its signature is. */
export type VerifyHmac = (token: string, options: JWTVerifyOptions) => { readonly payload: JWTPayload };

/** `secret` signs and verifies: whoever has it can make tokens for anybody. */
export function createHmacVerify(secret: string): VerifyHmac {
  const key = createSecretKey(secret, 'utf8');
  return (token, options) => {
    const [header, claims, signature, ...more] = token.split('.');
    if (!header || !claims || !signature || more.length > 0) throw new errors.JWSInvalid('not a token of three parts');
    const { alg, crit } = decodeProtectedHeader(token);
    if (alg !== 'HS256') throw new errors.JOSEAlgNotAllowed('HS256 is the only algorithm of a shared secret');
    // Whoever wrote it wants us to understand something that we do not.
    if (crit !== undefined) throw new errors.JOSENotSupported('a critical extension');
    const expected = createHmac('sha256', key).update(`${header}.${claims}`).digest('base64url');
    if (!isSame(expected, signature)) throw new errors.JWSSignatureVerificationFailed();
    return UnsecuredJWT.decode(`${UNSECURED}.${claims}.`, options);
  };
}

/** Takes the same time wherever they differ. */
function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

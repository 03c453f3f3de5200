// Where the key comes from that verifies tokens: one of three, and which algorithms each kind of key stands for (CONN-2).
// Must not know tokens or claims.
import { createPublicKey, type KeyObject } from 'node:crypto';

export type JwtKey =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM, as given; `\n` may be spelled out, as environment files do. */
  | { readonly kind: 'publicKey'; readonly pem: string }
  | { readonly kind: 'jwks'; readonly url: string };

/** The algorithm belongs to the key, not to the token's header: `none` and key confusion have no way in. */
export type JwtAlgorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA';

/** What a key set may hold; a key's own type then decides which of these it serves, and a shared secret serves none. */
export const keySetAlgorithms: readonly JwtAlgorithm[] = ['RS256', 'ES256', 'EdDSA'];

/** Shorter RSA keys are no longer safe (RFC 7518 demands as much). */
const RSA_BITS_MIN = 2048;

export interface PublicKey {
  readonly key: KeyObject;
  readonly algorithm: JwtAlgorithm;
}

/** Throws with a reason that may be shown to the operator when this is no public key that we can use. */
export function parsePublicKey(pem: string): PublicKey {
  const text = pem.replaceAll('\\n', '\n');
  // Node would derive the public key from a private one; whoever gave that to a verifier made a mistake.
  if (/PRIVATE KEY/.test(text)) throw new Error('must be the public key: a private one does not belong here');
  const key = readKey(text);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) < RSA_BITS_MIN) throw new Error(`an RSA key needs ${RSA_BITS_MIN} bits or more`);
    return { key, algorithm: 'RS256' };
  }
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return { key, algorithm: 'ES256' };
  if (type === 'ed25519') return { key, algorithm: 'EdDSA' };
  throw new Error('must be an RSA, P-256 or Ed25519 key');
}

function readKey(text: string): KeyObject {
  try {
    return createPublicKey(text);
  } catch {
    throw new Error('must be a public key or a certificate in PEM');
  }
}

// The key that verifies tokens: its three sources, and the algorithms of each kind of key (CONN-2).
import { createPublicKey, type KeyObject } from 'node:crypto';

export type JwtKey =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM as configured; line breaks may be written as `\n`, as in environment files. */
  | { readonly kind: 'publicKey'; readonly pem: string }
  | { readonly kind: 'jwks'; readonly url: string };

/** The key decides the algorithm, not the token's header. So `none` and key confusion are impossible. */
export type JwtAlgorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA';

/** The algorithms for keys of a key set. The type of a key decides between them; a shared secret fits none. */
export const keySetAlgorithms: readonly JwtAlgorithm[] = ['RS256', 'ES256', 'EdDSA'];

/** Shorter RSA keys are not safe; RFC 7518 forbids them, too. */
const RSA_BITS_MIN = 2048;

export interface PublicKey {
  readonly key: KeyObject;
  readonly algorithm: JwtAlgorithm;
}

/** Throws an error that may be shown to the operator if this is not a public key that we can use. */
export function parsePublicKey(pem: string): PublicKey {
  const text = pem.replaceAll('\\n', '\n');
  // Node would derive the public key from a private one. But a private key does not belong on a verifier.
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

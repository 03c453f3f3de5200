// The verification of tokens: one key, the algorithm of the key, and a key server that may be away.
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import type { Authenticator } from '../../src/auth/authenticator.ts';
import { JwtAuthenticator, signToken } from '../../src/auth/authenticator-jwt.ts';
import { type JwtKey, parsePublicKey } from '../../src/auth/jwt-key.ts';
import { ManualClock } from '../support/manual-clock.ts';

const clock = new ManualClock();
const seconds = Math.floor(clock.now() / 1000);
const claims = { sub: 'alice', iat: seconds, exp: seconds + 600 };
const SECRET = 's'.repeat(40);

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const ed = generateKeyPairSync('ed25519');
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string;

const authenticatorOf = (key: JwtKey) => new JwtAuthenticator({ key, issuer: null, audience: null }, clock);
const sign = (alg: string, key: KeyObject, more: Record<string, unknown> = {}, kid?: string) =>
  new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(key);
const codeOf = async (authenticator: Authenticator, token: string) => {
  const authentication = await authenticator.authenticate(token);
  return authentication.ok ? authentication.identity.userId : authentication.code;
};

describe('a shared secret', () => {
  const secret = authenticatorOf({ kind: 'secret', secret: SECRET });
  const part = (value: object | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  /** A token with that header and those claims; the signature is correct unless another secret is given. */
  const token = (header: object | string, body: object | string = claims, by = SECRET) => {
    const signed = `${part(header)}.${part(body)}`;
    return `${signed}.${createHmac('sha256', by).update(signed).digest('base64url')}`;
  };
  const good = token({ alg: 'HS256' });
  const [head, body, signature] = good.split('.') as [string, string, string];

  test('[CONN-2] its own tokens are accepted, from every library that made them', async () => {
    expect(await codeOf(secret, good)).toBe('alice');
    expect(await codeOf(secret, token({ alg: 'HS256', typ: 'JWT', kid: 'k' }))).toBe('alice');
    expect(await codeOf(secret, await signToken(claims, SECRET))).toBe('alice');
  });

  test.each([
    ['another secret', token({ alg: 'HS256' }, claims, 'x'.repeat(40))],
    ['other claims than were signed', `${head}.${part({ ...claims, sub: 'owner' })}.${signature}`],
    ['another header than was signed', `${part({ alg: 'HS256', kid: 'k' })}.${body}.${signature}`],
    ['no signature', `${head}.${body}.`],
    ['half a signature', `${head}.${body}.${signature.slice(0, 20)}`],
    ['a signature in another spelling', `${head}.${body}.${signature}=`],
    ['a fourth part', `${good}.${signature}`],
    ['two parts', `${head}.${body}`],
    ['none', token({ alg: 'none' })],
    ['none, and no signature', `${part({ alg: 'none' })}.${body}.`],
    ['another algorithm', token({ alg: 'HS512' })],
    ['no algorithm', token({})],
    ['a critical extension', token({ alg: 'HS256', crit: ['b64'], b64: false })],
    ['a header that is no object', token('7')],
    ['a header that is no JSON', token('{')],
    ['claims that are no object', token({ alg: 'HS256' }, '[]')],
    ['claims that are no JSON', token({ alg: 'HS256' }, '{')],
    ['claims that are no text', `${head}.${Buffer.from([0xff]).toString('base64url')}.${signature}`],
    ['a claim missing', token({ alg: 'HS256' }, { sub: 'alice', exp: claims.exp })],
    ['not yet begun', token({ alg: 'HS256' }, { ...claims, nbf: seconds + 300 })],
    ['nothing', ''],
    ['dots', '..'],
  ])('[CONN-2] refused: %s', async (_what, wrong) => {
    expect(await codeOf(secret, wrong)).toBe('UNAUTHENTICATED');
  });

  test('[CONN-2] only a token that was valid before is refused as expired', async () => {
    const old = { ...claims, iat: seconds - 700, exp: seconds - 31 };
    expect(await codeOf(secret, token({ alg: 'HS256' }, old))).toBe('TOKEN_EXPIRED');
    expect(await codeOf(secret, token({ alg: 'HS256' }, old, 'x'.repeat(40)))).toBe('UNAUTHENTICATED');
    expect(await codeOf(secret, token({ alg: 'HS256' }, { ...claims, exp: seconds - 29 }))).toBe('alice');
  });

  test('[CONN-2] it is verified in the calling thread, without waiting for another', async () => {
    let answer = '';
    void codeOf(secret, good).then((code) => {
      answer = code;
    });
    for (let step = 0; step < 10; step++) await Promise.resolve();
    expect(answer).toBe('alice');
  });
});

describe('a public key', () => {
  test.each([
    ['RS256', rsa],
    ['ES256', ec],
    ['EdDSA', ed],
  ] as const)(
    '[CONN-2] %s: its own tokens are accepted, with the key as PEM or with \\n written out',
    async (alg, pair) => {
      const pem = pemOf(pair.publicKey);
      const token = await sign(alg, pair.privateKey);
      expect(await codeOf(authenticatorOf({ kind: 'publicKey', pem }), token)).toBe('alice');
      const spelledOut = pem.replaceAll('\n', '\\n');
      expect(await codeOf(authenticatorOf({ kind: 'publicKey', pem: spelledOut }), token)).toBe('alice');
    },
  );

  test('[CONN-2] the key decides the algorithm: no other of the same key, no HMAC with the public key, no none', async () => {
    const pem = pemOf(rsa.publicKey);
    const authenticator = authenticatorOf({ kind: 'publicKey', pem });
    expect(await codeOf(authenticator, await sign('RS512', rsa.privateKey))).toBe('UNAUTHENTICATED');
    expect(await codeOf(authenticator, await sign('PS256', rsa.privateKey))).toBe('UNAUTHENTICATED');
    expect(await codeOf(authenticator, await sign('ES256', ec.privateKey))).toBe('UNAUTHENTICATED');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'HS256' })}.${part(claims)}`;
    const confused = `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
    expect(await codeOf(authenticator, confused)).toBe('UNAUTHENTICATED');
    expect(await codeOf(authenticator, `${part({ alg: 'none' })}.${part(claims)}.`)).toBe('UNAUTHENTICATED');
  });

  test.each([
    ['a private key', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, /private/],
    ['another curve', pemOf(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey), /P-256/],
    ['a short RSA key', pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), /2048/],
    ['no PEM at all', 'key', /PEM/],
  ])('[CONN-2] %s is refused', (_what, pem, reason) => {
    expect(() => parsePublicKey(pem)).toThrow(reason);
  });
});

test('[CONN-2] a token from the future is refused beyond the clock skew', async () => {
  const authenticator = authenticatorOf({ kind: 'secret', secret: SECRET });
  const issued = (iat: number) => signToken({ ...claims, iat }, SECRET);
  expect(await codeOf(authenticator, await issued(seconds + 30))).toBe('alice');
  expect(await codeOf(authenticator, await issued(seconds + 32))).toBe('UNAUTHENTICATED');
});

describe('a key server', () => {
  let server: Server | undefined;
  let keys: object[] = [];
  let answers: 'keys' | 'error' | 'nothing' = 'keys';
  let asked = 0;
  const jwk = (key: KeyObject, kid: string, alg: string) => ({
    ...key.export({ format: 'jwk' }),
    kid,
    alg,
    use: 'sig',
  });

  async function start(): Promise<string> {
    keys = [jwk(rsa.publicKey, 'r1', 'RS256'), jwk(ec.publicKey, 'e1', 'ES256'), jwk(ed.publicKey, 'd1', 'EdDSA')];
    answers = 'keys';
    asked = 0;
    server = createServer((_request, response) => {
      asked++;
      if (answers === 'nothing') return;
      response.statusCode = answers === 'keys' ? 200 : 500;
      response.end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  }
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  test('[CONN-2] its keys verify, each with its own algorithm, and are fetched once', async () => {
    const authenticator = authenticatorOf({ kind: 'jwks', url: await start() });
    expect(await codeOf(authenticator, await sign('RS256', rsa.privateKey, {}, 'r1'))).toBe('alice');
    expect(await codeOf(authenticator, await sign('ES256', ec.privateKey, {}, 'e1'))).toBe('alice');
    expect(await codeOf(authenticator, await sign('EdDSA', ed.privateKey, {}, 'd1'))).toBe('alice');
    expect(await codeOf(authenticator, await sign('RS256', rsa.privateKey, {}, 'e1'))).toBe('UNAUTHENTICATED');
    expect(await codeOf(authenticator, await signToken(claims, SECRET))).toBe('UNAUTHENTICATED');
    expect(await codeOf(authenticator, await sign('RS256', rsa.privateKey, {}, 'unknown'))).toBe('UNAUTHENTICATED');
    expect(asked).toBe(1);
  });

  test('[CONN-2] while it is away, unknown tokens get UNAVAILABLE in bounded time and are not refused for good', async () => {
    const authenticator = authenticatorOf({ kind: 'jwks', url: await start() });
    answers = 'nothing';
    const token = await sign('RS256', rsa.privateKey, {}, 'r1');
    const began = performance.now();
    expect(await codeOf(authenticator, token)).toBe('UNAVAILABLE');
    expect(performance.now() - began).toBeLessThan(5_000);
    // The next tokens do not wait for it at all, until it is asked again.
    expect(await codeOf(authenticator, token)).toBe('UNAVAILABLE');
    expect(asked).toBe(1);
    answers = 'error';
    await clock.advance(5_000);
    expect(await codeOf(authenticator, token)).toBe('UNAVAILABLE');
    answers = 'keys';
    await clock.advance(5_000);
    expect(await codeOf(authenticator, token)).toBe('alice');
  });
});

// The RTC provider Agora: audio-only tokens with one expiry for all rights. Only this file imports agora-token.
// The package's own builders cannot leave out video and data, so the token is built from its inner classes.
import agora from 'agora-token/src/AccessToken2.js';
import { systemRandom } from '../ops/random.ts';
import type { Grant, GrantRole } from '../protocol/snapshot.ts';
import { bareGrant, type GrantRequest, type RtcProvider, RtcProviderError } from './rtc-provider.ts';

const defaultTtlMs = 600_000;
/** SDKs warn once, 30 s before expiry. Tokens with a shorter lifetime than this fail in practice. */
const minTtlMs = 120_000;
/** Agora ends every token after 24 h, whatever it says. */
const maxTtlMs = 86_400_000;
/** The range of agora-token's own salts. */
const maxSalt = 99_999_999;

const hex32 = /^[0-9a-fA-F]{32}$/;

const traits = {
  name: 'agora',
  capabilities: {
    // True only if "Co-host authentication" is enabled in the Agora console (and the client's mode is `live`);
    // without it Agora lets a subscriber's token publish.
    publishEnforcedByToken: true,
    // Agora cannot revoke a token: its holder may use it until it expires.
    instantRevoke: false,
  },
} as const;

const { kPrivilegeJoinChannel, kPrivilegePublishAudioStream } = agora.ServiceRtc;

/** Audio only (RTC-2): no role includes video (3) or data streams (4). */
const privilegesOf: Readonly<Record<GrantRole, readonly number[]>> = {
  publisher: [kPrivilegeJoinChannel, kPrivilegePublishAudioStream],
  subscriber: [kPrivilegeJoinChannel],
};

/** The content of a token, checked and ready to be signed. */
export interface AgoraTokenClaims {
  readonly channel: string;
  readonly uid: number;
  readonly privileges: readonly number[];
  /** Unix seconds. */
  readonly issueTs: number;
  /** Seconds after issueTs, for the token and for each privilege. If only the token expired, the voice would go on. */
  readonly expireSeconds: number;
  readonly salt: number;
}

/** Signs claims; returns an empty string if it cannot. */
export type BuildAgoraToken = (app: AgoraApp, claims: AgoraTokenClaims) => string;

/** A project in the Agora console; both are 32 hexadecimal characters, the certificate is secret. */
export interface AgoraApp {
  readonly appId: string;
  readonly appCertificate: string;
}

export interface AgoraOptions extends AgoraApp {
  /** The lifetime of a token in milliseconds: whole seconds, from 120,000 to 86,400,000; 600,000 when absent. */
  readonly ttlMs?: number;
  /** Draws the salt of one token, an integer from 1 to 99,999,999; ops/random when absent. */
  readonly randomSalt?: () => number;
  /** Signs a token; agora-token's AccessToken2 when absent. */
  readonly buildToken?: BuildAgoraToken;
}

/**
 * The provider `agora` (RTC-5). Throws RtcProviderError when the app id, the certificate or `ttlMs` (milliseconds) is
 * malformed. Its `mint` throws RtcInputError on a bad request, and RtcProviderError if it gets no token.
 */
export function createAgoraProvider(options: AgoraOptions): RtcProvider {
  const { appId, appCertificate, ttlMs = defaultTtlMs, randomSalt = drawSalt, buildToken = signToken } = options;
  assertApp({ appId, appCertificate });
  assertTtl(ttlMs);

  function mint(request: GrantRequest): Grant {
    const grant = bareGrant(traits, request);
    const issueTs = Math.floor(request.now / 1000);
    const claims: AgoraTokenClaims = {
      channel: grant.channel,
      uid: grant.uid,
      privileges: privilegesOf[grant.role],
      issueTs,
      expireSeconds: ttlMs / 1000,
      salt: checkedSalt(randomSalt()),
    };
    const token = buildToken({ appId, appCertificate }, claims);
    if (token === '') throw new RtcProviderError('agora: the token library made no token');
    return Object.assign(grant, { appId, token, expiresAt: issueTs * 1000 + ttlMs });
  }

  return { ...traits, ttlMs, mint };
}

function signToken({ appId, appCertificate }: AgoraApp, claims: AgoraTokenClaims): string {
  const service = new agora.ServiceRtc(claims.channel, claims.uid);
  for (const privilege of claims.privileges) service.add_privilege(privilege, claims.expireSeconds);
  const token = new agora.AccessToken2(appId, appCertificate, claims.issueTs, claims.expireSeconds);
  token.issueTs = claims.issueTs;
  token.salt = claims.salt;
  token.add_service(service);
  return token.build();
}

/** The messages repeat neither value: if the two were swapped, they would show the secret. */
function assertApp({ appId, appCertificate }: AgoraApp): void {
  const isHex32 = (value: string) => typeof value === 'string' && hex32.test(value);
  if (!isHex32(appId)) throw new RtcProviderError('agora: the app id must be 32 hexadecimal characters');
  if (isHex32(appCertificate)) return;
  throw new RtcProviderError('agora: the app certificate must be 32 hexadecimal characters');
}

function assertTtl(ttlMs: number): void {
  if (Number.isInteger(ttlMs) && ttlMs % 1000 === 0 && ttlMs >= minTtlMs && ttlMs <= maxTtlMs) return;
  throw new RtcProviderError(`agora: ttlMs must be whole seconds from ${minTtlMs} to ${maxTtlMs} ms`);
}

function checkedSalt(salt: number): number {
  if (Number.isInteger(salt) && salt >= 1 && salt <= maxSalt) return salt;
  throw new RtcProviderError(`agora: a salt must be an integer from 1 to ${maxSalt}`);
}

const drawSalt = (): number => systemRandom.integer(1, maxSalt + 1);

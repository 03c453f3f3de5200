// Contract of an RTC provider, the service that carries the voice: it mints complete grants (RTC-1, RTC-5).
import { idPattern, type RoomId } from '../protocol/ids.ts';
import { type Grant, type GrantRole, grantRoleSchema } from '../protocol/snapshot.ts';

/** The largest uid: Java and Kotlin SDKs keep it in a signed 32-bit int. The smallest is 1, as 0 means "anybody". */
export const UID_MAX = 2 ** 31 - 1;

/** Token formats count seconds in an unsigned 32-bit integer; this is its last millisecond (February 2106). */
const NOW_MAX_MS = 2 ** 32 * 1000 - 1;

/** The content of a grant as the caller has decided it. The provider changes nothing about it. */
export interface GrantRequest {
  readonly roomId: RoomId;
  /** An integer from 1 to 2^31−1 that nobody else in the room has (RTC-2). */
  readonly uid: number;
  readonly role: GrantRole;
  /** Integer Unix milliseconds, the store's clock. */
  readonly now: number;
}

/** One RTC provider. It has no state, so every node may mint the same request. */
export interface RtcProvider {
  readonly name: Grant['provider'];
  /** What the provider can do when a member has lost the right to speak (RTC-4); repeated in every grant. */
  readonly capabilities: Readonly<Grant['capabilities']>;
  /** The lifetime of a grant in milliseconds; null: grants of this provider never expire. */
  readonly ttlMs: number | null;
  /**
   * A complete grant for exactly this room, uid and role, in a new object; `expiresAt` in Unix milliseconds.
   * Throws RtcInputError if the request breaks `assertGrantRequest`, RtcProviderError if no token could be made.
   */
  mint(request: GrantRequest): Grant;
}

/** The request would make a token for the wrong users, or for everybody: a bug of the caller. Repeats no input. */
export class RtcInputError extends Error {
  override readonly name = 'RtcInputError';
}

/** A provider is set up wrongly or could not make a token. Contains no token, app id or certificate. */
export class RtcProviderError extends Error {
  override readonly name = 'RtcProviderError';
}

/** What every provider's grant begins with: no credentials, no end. Throws RtcInputError, as `mint` does. */
export function bareGrant(
  { name, capabilities }: Pick<RtcProvider, 'name' | 'capabilities'>,
  request: GrantRequest,
): Grant {
  assertGrantRequest(request);
  const { roomId, uid, role } = request;
  return {
    roomId,
    provider: name,
    appId: null,
    channel: roomId,
    uid,
    role,
    token: null,
    expiresAt: null,
    capabilities: { ...capabilities },
  };
}

/**
 * Throws RtcInputError unless the request can be minted. Every provider calls it first: in a token an empty channel,
 * `*` and uid 0 are wildcards, and token libraries check nothing.
 */
export function assertGrantRequest({ roomId, uid, role, now }: GrantRequest): void {
  if (typeof roomId !== 'string' || !idPattern.test(roomId)) {
    throw new RtcInputError('roomId must be 1–63 characters of A–Z a–z 0–9 _ -');
  }
  if (!isIntegerWithin(uid, 1, UID_MAX)) throw new RtcInputError('uid must be an integer from 1 to 2147483647');
  if (!grantRoleSchema.safeParse(role).success) throw new RtcInputError('role must be publisher or subscriber');
  if (!isIntegerWithin(now, 0, NOW_MAX_MS))
    throw new RtcInputError('now must be integer Unix milliseconds before 2106');
}

const isIntegerWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

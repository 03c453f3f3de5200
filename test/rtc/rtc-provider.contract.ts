// The contract of RtcProvider (RTC-1, RTC-2, RTC-5): one suite, run by the test of each provider.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idPattern, roomIdSchema } from '../../src/protocol/ids.ts';
import { type Grant, grantRoleSchema, grantSchema } from '../../src/protocol/snapshot.ts';
import { type GrantRequest, RtcInputError, type RtcProvider, UID_MAX } from '../../src/rtc/rtc-provider.ts';

export const request: GrantRequest = {
  roomId: roomIdSchema.parse('room-1'),
  uid: 1001,
  role: 'publisher',
  now: 1_700_000_000_000,
};

/** A request with one field of a wrong type. */
const broken = (field: Partial<Record<keyof GrantRequest, unknown>>): GrantRequest =>
  ({ ...request, ...field }) as GrantRequest;

const requests: fc.Arbitrary<GrantRequest> = fc.record({
  roomId: fc.stringMatching(idPattern).map((id) => roomIdSchema.parse(id)),
  uid: fc.integer({ min: 1, max: UID_MAX }),
  role: fc.constantFrom(...grantRoleSchema.options),
  now: fc.integer({ min: 0, max: 2 ** 32 * 1000 - 1 }),
});

const badRoomIds = ['', '*', '1*2', 'room 1', 'room-1\n', '房间', 'a'.repeat(64), 1001, null, undefined, ['room-1']];
const badUids = [
  ...[0, -0, -1, 0.5, 1.5, 2 ** 31, 2 ** 32 - 1, 2 ** 32 + 1, Number.NaN, Number.POSITIVE_INFINITY],
  ...['', '0', '*', '1001', 1001n, null, undefined, true, [1001]],
];
const badRoles = ['', 'host', 'Publisher', 'toString', '__proto__', 1, true, null, undefined, ['publisher']];
const badTimes = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32 * 1000, '1700000000000', null, undefined];

/** As objects: test.each would spread an array, and it shows the values of objects with their quotes. */
const cases = (values: readonly unknown[]) => values.map((value) => ({ value }));

/** Registers the suite; `create` makes a new provider. */
export function rtcProviderContract(name: Grant['provider'], create: () => RtcProvider): void {
  describe(`${name}: the contract of RtcProvider`, () => {
    registerGrants(name, create);
    registerRefusals(create);
  });
}

function registerGrants(name: Grant['provider'], create: () => RtcProvider): void {
  test('[RTC-1] every grant is complete and repeats the room, uid and role of the request', () => {
    const provider = create();
    fc.assert(
      fc.property(requests, (asked) => {
        const grant = provider.mint(asked);
        expect(grantSchema.parse(grant)).toEqual(grant);
        expect(grant).toMatchObject({ roomId: asked.roomId, uid: asked.uid, role: asked.role });
      }),
    );
  });

  test('[RTC-2] the channel is the roomId', () => {
    const provider = create();
    fc.assert(fc.property(requests, (asked) => provider.mint(asked).channel === asked.roomId));
  });

  test('[RTC-2] a token expires, and an expiry is within a second of now + ttlMs', () => {
    const provider = create();
    fc.assert(
      fc.property(requests, (asked) => {
        const { token, expiresAt } = provider.mint(asked);
        if (provider.ttlMs === null) {
          expect({ token, expiresAt }).toEqual({ token: null, expiresAt: null });
        } else {
          expect(expiresAt).toBeGreaterThan(asked.now + provider.ttlMs - 1000);
          expect(expiresAt).toBeLessThanOrEqual(asked.now + provider.ttlMs);
        }
      }),
    );
  });

  test('[RTC-1] a grant has the capabilities of its provider', () => {
    const provider = create();
    expect(provider.mint(request).capabilities).toEqual(provider.capabilities);
  });

  test('[RTC-1] a grant is a new object: changing it changes no later grant', () => {
    const provider = create();
    const { publishEnforcedByToken } = provider.capabilities;
    const grant = provider.mint(request);
    grant.capabilities.publishEnforcedByToken = !publishEnforcedByToken;
    expect(provider.capabilities.publishEnforcedByToken).toBe(publishEnforcedByToken);
    expect(provider.mint(request).capabilities.publishEnforcedByToken).toBe(publishEnforcedByToken);
  });

  test('[RTC-5] a grant names its provider', () => {
    const provider = create();
    expect([provider.name, provider.mint(request).provider]).toEqual([name, name]);
  });

  test('[RTC-2] the lowest and the highest uid get a grant', () => {
    const provider = create();
    expect([1, UID_MAX].map((uid) => provider.mint({ ...request, uid }).uid)).toEqual([1, 2_147_483_647]);
  });
}

function registerRefusals(create: () => RtcProvider): void {
  test.each(cases(badUids))('[RTC-2] uid $value is refused', ({ value }) => {
    expect(() => create().mint(broken({ uid: value }))).toThrow(RtcInputError);
  });

  test.each(cases(badRoomIds))('[RTC-2] roomId $value is refused', ({ value }) => {
    expect(() => create().mint(broken({ roomId: value }))).toThrow(RtcInputError);
  });

  test('[RTC-2] a roomId outside the id alphabet is refused', () => {
    const provider = create();
    const others = fc.string({ unit: 'binary-ascii' }).filter((text) => !idPattern.test(text));
    fc.assert(
      fc.property(others, (roomId) => {
        expect(() => provider.mint(broken({ roomId }))).toThrow(RtcInputError);
      }),
    );
  });

  test.each(cases(badRoles))('[RTC-1] role $value is refused', ({ value }) => {
    expect(() => create().mint(broken({ role: value }))).toThrow(RtcInputError);
  });

  test.each(cases(badTimes))('[RTC-2] now = $value is refused', ({ value }) => {
    expect(() => create().mint(broken({ now: value }))).toThrow(RtcInputError);
  });
}

// JSON with remembered texts is the same, byte for byte, as that of JSON.stringify.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonOf, shareJson } from '../../src/lang/shared-json.ts';

/** All kinds of values that JSON.stringify takes; some of the objects and lists in them are shared. */
const value: fc.Arbitrary<unknown> = fc.letrec((again) => {
  const awkward = fc.constantFrom(
    undefined,
    Symbol('s'),
    () => 1,
    new Date(0),
    Number.NaN,
    -0,
    '\ud800',
    '\u2028',
    '"\\',
  );
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    awkward,
  );
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '1', 'a"b', ''));
  const record = fc.array(fc.tuple(key, again('any'))).map((entries) => Object.fromEntries(entries));
  const bare = record.map((one) => Object.assign(Object.create(null) as object, one));
  const toJson = record.map((one) => ({ ...one, toJSON: () => ({ instead: Object.keys(one).length }) }));
  const sparse = fc.array(again('any')).map((list) => Object.assign([], { 2: list.length }, list));
  const nested = fc.oneof({ maxDepth: 8 }, leaf, record, bare, toJson, fc.array(again('any')), sparse);
  const isObject = (one: unknown): one is object => typeof one === 'object' && one !== null;
  return {
    any: fc.tuple(nested, fc.boolean()).map(([one, isShared]) => (isShared && isObject(one) ? shareJson(one) : one)),
  };
}).any;

describe('[ACK-1] shared JSON', () => {
  test('is byte for byte what JSON.stringify makes, the first time and later', () => {
    fc.assert(
      fc.property(value, (one) => {
        const expected = JSON.stringify(one);
        expect(jsonOf(one)).toBe(expected);
        expect(jsonOf(one)).toBe(expected);
        expect(jsonOf([one, one])).toBe(JSON.stringify([one, one]));
        expect(jsonOf({ ok: true, data: { room: one, you: undefined } })).toBe(
          JSON.stringify({ ok: true, data: { room: one, you: undefined } }),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('a shared part is turned into text once, for all values that contain it', () => {
    let made = 0;
    const part = shareJson([
      {
        toJSON: () => {
          made++;
          return 'part';
        },
      },
    ]);
    for (let index = 0; index < 3; index++) {
      expect(jsonOf([{ ok: true, data: { room: { index, audience: { part } } } }])).toBe(
        `[{"ok":true,"data":{"room":{"index":${index},"audience":{"part":["part"]}}}}]`,
      );
    }
    expect(made).toBe(1);
  });
});

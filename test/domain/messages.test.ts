// How a very large room shares out what it shows in a second (MSG-7).
import { describe, expect, test } from 'vitest';
import { messageShares } from '../../src/domain/messages.ts';

describe('[MSG-7] messageShares', () => {
  test('half is for all lines, three tenths more for first lines, the rest for mentions', () => {
    expect(messageShares(10)).toEqual({ again: 5, first: 8, mention: 10 });
    expect(messageShares(100)).toEqual({ again: 50, first: 80, mention: 100 });
  });

  test('a part of a message counts as one: no share is empty while the cap is not', () => {
    expect(messageShares(1)).toEqual({ again: 1, first: 1, mention: 1 });
    expect(messageShares(5)).toEqual({ again: 3, first: 4, mention: 5 });
    expect(messageShares(35)).toEqual({ again: 18, first: 28, mention: 35 });
  });

  test('a cap of nothing shows nothing', () => {
    expect(messageShares(0)).toEqual({ again: 0, first: 0, mention: 0 });
  });

  test('no share exceeds the cap, and mentions have all of it', () => {
    for (let perSecond = 0; perSecond <= 500; perSecond++) {
      const { again, first, mention } = messageShares(perSecond);
      expect(mention).toBe(perSecond);
      expect(again).toBeLessThanOrEqual(first);
      expect(first).toBeLessThanOrEqual(mention);
    }
  });
});

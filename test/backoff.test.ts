import { expect, test } from 'vitest';
import { backoffMs } from '../src/backoff.ts';
import fc from './random-examples.ts';

const backoff = { firstMs: 100, longestMs: 5_000 };

test('the bound doubles with every failure, up to the longest', () => {
  const highest = [1, 2, 3, 6, 7, 2_000].map((attempt) => backoffMs(backoff, attempt, () => 1));
  expect(highest).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
});

test('full jitter: anywhere from nothing to the bound', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 99 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (n, r) => {
        const bound = backoffMs(backoff, n, () => 1);
        expect(backoffMs(backoff, n, () => r)).toBe(Math.round(r * bound));
      },
    ),
  );
  expect(backoffMs(backoff, 5, () => 0)).toBe(0);
});

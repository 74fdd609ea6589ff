import { expect, it } from 'vitest';
import { firstRange, rangesOf, requestsFor } from '../../../src/resources/artifact/ranges.ts';
import fc from '../../random-examples.ts';

const mib = 1 << 20;

it('asks for a small object, or the small rest of a large one, as a whole', () => {
  expect(firstRange(0, 0)).toBeUndefined();
  expect(firstRange(0, 16 * mib)).toBeUndefined();
  expect(firstRange(90 * mib, 100 * mib)).toBeUndefined();
  expect(requestsFor(16 * mib)).toBe(1);
});

it('asks for the beginning of an object whose size is not known', () => {
  expect(firstRange(0, undefined)).toEqual({ from: 0, to: 8 * mib });
  expect(requestsFor(undefined)).toBe(1);
});

it('makes longer ranges of larger objects, so that their number stays small', () => {
  expect(requestsFor(60 * mib)).toBe(15);
  expect(requestsFor(600 * mib)).toBe(75);
  expect(requestsFor(5120 * mib)).toBe(320);
});

it('covers the rest of any object without a gap or an overlap, in as many requests as it says', () => {
  const sizes = fc.integer({ min: 1, max: 6000 * mib });
  fc.assert(
    fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (size, part) => {
      const from = Math.floor(size * part);
      const first = firstRange(from, size);
      const ranges = first === undefined ? [] : [first, ...rangesOf(first.to, size)];
      let at = from;
      for (const range of ranges) {
        expect(range.from).toBe(at);
        expect(range.to).toBeGreaterThan(at);
        at = range.to;
      }
      if (first !== undefined) expect(at).toBe(size);
      if (from === 0) expect(requestsFor(size)).toBe(Math.max(1, ranges.length));
    }),
  );
});

import { expect, test } from 'vitest';
import { timeShares } from '../../src/engine/time-shares.ts';
import fc from '../random-examples.ts';

const stage = (rank: number, leastSeconds: number, mostSeconds: number) => ({
  rank,
  leastSeconds,
  mostSeconds,
});

test('enough time: each gets the most that it takes', () => {
  expect(timeShares([stage(1, 2, 10), stage(5, 1, 300), stage(2, 20, 90)], 600)).toEqual([
    10, 300, 90,
  ]);
});

test('a spot interruption: waiting for the load balancer takes what the others leave', () => {
  const stages = [stage(1, 2, 10), stage(5, 1, 300), stage(3, 1, 60), stage(2, 20, 90)];
  expect(timeShares(stages, 115)).toEqual([10, 84, 1, 20]);
});

test('too little time: by rank, and what does not fit gets none', () => {
  expect(timeShares([stage(5, 1, 300), stage(2, 20, 90), stage(1, 2, 10)], 5)).toEqual([3, 0, 2]);
  expect(timeShares([stage(1, 2, 10)], 0)).toEqual([0]);
  expect(timeShares([stage(1, 2, 10)], -3)).toEqual([0]);
  expect(timeShares([], 10)).toEqual([]);
});

test('never more than there is, never more than a stage takes, never less than it is worth', () => {
  const any = fc.record({
    rank: fc.integer({ min: 1, max: 6 }),
    leastSeconds: fc.integer({ min: 1, max: 30 }),
    mostSeconds: fc.integer({ min: 1, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(any), fc.integer({ min: 0, max: 1000 }), (stages, seconds) => {
      const shares = timeShares(stages, seconds);
      expect(shares.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(seconds);
      shares.forEach((share, index) => {
        const { leastSeconds = 0, mostSeconds = 0 } = stages[index] ?? {};
        expect(share).toBeLessThanOrEqual(mostSeconds);
        if (share > 0) expect(share).toBeGreaterThanOrEqual(Math.min(leastSeconds, mostSeconds));
      });
    }),
  );
});

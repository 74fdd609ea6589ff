/** The retry policy alone, on a clock that only counts. */

import { expect, test } from 'vitest';
import { settleAll } from '../../src/aws/parallel.ts';
import { retrying } from '../../src/aws/retry.ts';
import type { Clock } from '../../src/clock.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import fc from '../random-examples.ts';
import { rejection } from './connected.ts';

/** A clock whose sleeps end at once, and are noted. */
function countingClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => 0,
    monotonic: () => 0,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
    },
  };
}

const failing = (times: number) => {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw new UnavailableError(`down ${calls}`);
    return calls;
  };
};

test('the bound of the waits doubles from 100 ms to 5 s', async () => {
  const clock = countingClock();
  await retrying({ clock, random: () => 0.999_999 }, failing(8));
  expect(clock.slept).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('every wait lies between nothing and its bound', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(12),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      async (times, n) => {
        const clock = countingClock();
        await retrying({ clock, random: () => n }, failing(times));
        expect(clock.slept).toHaveLength(times);
        clock.slept.forEach((ms, i) => {
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(Math.min(5000, 100 * 2 ** i));
        });
      },
    ),
  );
});

test('each wait is told with its reason', async () => {
  const told: [string, number][] = [];
  const clock = countingClock();
  const waiting = (because: string, waitMs: number) => told.push([because, waitMs]);
  await retrying({ clock, random: () => 0.5, waiting }, failing(2));
  expect(told).toEqual([
    ['down 1', 50],
    ['down 2', 100],
  ]);
});

test('only what is unavailable is tried again', async () => {
  const clock = countingClock();
  const wrong = new ConfigError('wrong');
  expect(await rejection(retrying({ clock }, () => Promise.reject(wrong)))).toBe(wrong);
  expect(clock.slept).toEqual([]);
});

test('the signal ends it with its reason; without a signal it ends after a number of attempts', async () => {
  const clock = countingClock();
  const reason = new Error('enough');
  const stop = new AbortController();
  let calls = 0;
  const attempt = async () => {
    calls += 1;
    if (calls === 40) stop.abort(reason);
    throw new UnavailableError('down');
  };
  expect(await rejection(retrying({ clock, signal: stop.signal }, attempt))).toBe(reason);
  expect(calls).toBe(40);
  expect((await rejection(retrying({ clock }, failing(1000)))).message).toBe('down 15');
});

test('where attempts are named the last failure is thrown, signal or not', async () => {
  const clock = countingClock();
  const { signal } = new AbortController();
  const policy = { clock, signal, attempts: 3 };
  expect((await rejection(retrying(policy, failing(1000)))).message).toBe('down 3');
  expect(await retrying(policy, failing(2))).toBe(3);
});

test('settling many keeps their order and never runs more than the limit at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (items, limit) => {
        let running = 0;
        let most = 0;
        const outcomes = await settleAll(items, limit, async (good) => {
          running += 1;
          most = Math.max(most, running);
          await Promise.resolve();
          running -= 1;
          if (!good) throw new Error('bad');
          return good;
        });
        expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(items);
        expect(most).toBeLessThanOrEqual(limit);
      },
    ),
  );
});

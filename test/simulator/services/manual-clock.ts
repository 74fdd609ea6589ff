/** A clock that stands still until a test moves it: timeouts happen exactly when the test says. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../src/clock.ts';

export interface ManualClock extends Clock {
  /** Moves on by so many milliseconds, through every sleep that ends on the way, in order. */
  advance(ms: number): Promise<void>;
}

export function manualClock(startAt = Date.now()): ManualClock {
  let elapsed = 0;
  const sleepers = new Set<{ due: number; wake: () => void }>();
  return {
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { due: elapsed + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    async advance(ms) {
      const end = elapsed + ms;
      for (;;) {
        await turn();
        const [next] = [...sleepers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
        if (next === undefined) break;
        elapsed = Math.max(elapsed, next.due);
        sleepers.delete(next);
        next.wake();
      }
      elapsed = end;
    },
  };
}

/** A clock for tests that jumps to the next moment anyone waits for as soon as nothing else is left to do. */
import type { Clock } from '../src/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** For code that waits for nothing but this clock and promises; with real input or output it would run ahead. */
export function virtualClock(startAt = 1_700_000_000_000): Clock {
  let elapsed = 0;
  let sleepers: Sleeper[] = [];
  let scheduled = false;

  const jump = () => {
    scheduled = false;
    if (sleepers.length === 0) return;
    elapsed = Math.max(elapsed, Math.min(...sleepers.map(({ at }) => at)));
    const due = sleepers.filter(({ at }) => at <= elapsed);
    sleepers = sleepers.filter(({ at }) => at > elapsed);
    for (const { wake } of due) wake();
    schedule();
  };
  // Two turns of the event loop: whatever a wake-up sets going by promises or setImmediate comes first.
  const schedule = () => {
    if (scheduled || sleepers.length === 0) return;
    scheduled = true;
    setImmediate(() => setImmediate(jump));
  };
  return {
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal?.reason);
        };
        const wake = () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        };
        const sleeper = { at: elapsed + Math.max(0, ms), wake };
        signal?.addEventListener('abort', onAbort, { once: true });
        sleepers.push(sleeper);
        schedule();
      }),
  };
}

/** The machine's clock, which a test can set forward. */
import { type Clock, systemClock } from '../../src/clock.ts';

export interface SteppableClock extends Clock {
  skip(ms: number): void;
  /** While true, sleeps take no time. */
  hurried: boolean;
}

export function steppableClock(): SteppableClock {
  let skipped = 0;
  const clock: SteppableClock = {
    hurried: false,
    now: () => systemClock.now() + skipped,
    monotonic: () => systemClock.monotonic() + skipped,
    sleep: (ms, signal) => systemClock.sleep(clock.hurried ? 0 : ms, signal),
    skip: (ms) => {
      skipped += ms;
    },
  };
  return clock;
}

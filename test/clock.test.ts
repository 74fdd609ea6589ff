import { describe, expect, test, vi } from 'vitest';
import { deadlineSignal, fasterClock, systemClock, within } from '../src/clock.ts';
import { virtualClock } from './virtual-clock.ts';

const reason = new Error('enough');

describe.each([
  ['the machine', systemClock],
  ['a faster clock', fasterClock(50)],
  ['the virtual clock of tests', virtualClock()],
])('%s', (_name, clock) => {
  test('sleeps for as long as it was asked to, by its own time', async () => {
    const before = clock.monotonic();
    await clock.sleep(20);
    // Timers of Node have whole milliseconds and may be one early.
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(19 - 0.001);
  });

  test('its time of day moves with it', async () => {
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    await clock.sleep(1_000 / 50);
    expect(clock.now() - now).toBeGreaterThan(0);
    expect(clock.monotonic() - monotonic).toBeGreaterThan(0);
  });

  test('negative waits are over at once', async () => {
    await clock.sleep(-5);
  });

  test('an abort ends a sleep with its reason, before and meanwhile', async () => {
    await expect(clock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const sleeping = clock.sleep(60_000, stop.signal);
    stop.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  test('an abort after a sleep changes nothing', async () => {
    const stop = new AbortController();
    await clock.sleep(1, stop.signal);
    stop.abort(reason);
  });
});

test('a faster clock starts at the time of day it is given, and its minutes pass in seconds', async () => {
  const clock = fasterClock(1_000, 500_000);
  expect(clock.now()).toBeGreaterThanOrEqual(500_000);
  const start = performance.now();
  await clock.sleep(10_000);
  // By its own account ten seconds have passed; by the machine's about ten milliseconds, certainly not ten seconds.
  expect(clock.now()).toBeGreaterThanOrEqual(500_000 + 9_000);
  expect(clock.monotonic() / (performance.now() - start)).toBeGreaterThan(900);
});

test('a wait of years is not over at once', async () => {
  vi.useFakeTimers();
  const years = 1e11;
  let over = false;
  const sleeping = systemClock.sleep(years).then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(years - 1);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await sleeping;
  vi.useRealTimers();
});

describe('work within a time', () => {
  const never = new Promise<never>(() => undefined);

  test('settles as the work does', async () => {
    const clock = virtualClock();
    await expect(within(clock, 10, reason, Promise.resolve(1))).resolves.toBe(1);
    const failure = new Error('failed');
    await expect(within(clock, 10, reason, Promise.reject(failure))).rejects.toBe(failure);
  });

  test('rejects with the reason when it takes longer', async () => {
    await expect(within(virtualClock(), 10, reason, never)).rejects.toBe(reason);
  });
});

describe('a deadline', () => {
  test('aborts with its reason when its time has come', async () => {
    const clock = virtualClock();
    const { signal } = deadlineSignal(clock, 1_000, reason);
    await clock.sleep(999);
    expect(signal.aborted).toBe(false);
    await clock.sleep(2);
    expect(signal.reason).toBe(reason);
  });

  test('never comes once it was released', async () => {
    const clock = virtualClock();
    const { signal, release } = deadlineSignal(clock, 1_000, reason);
    release();
    await clock.sleep(2_000);
    expect(signal.aborted).toBe(false);
  });

  test('passes on any other abort, at once where it has been', () => {
    const other = new AbortController();
    const { signal, release } = deadlineSignal(virtualClock(), 1_000, reason, other.signal);
    const why = new Error('other');
    other.abort(why);
    expect(signal.reason).toBe(why);
    release();
    const late = deadlineSignal(virtualClock(), 1_000, reason, other.signal);
    expect(late.signal.reason).toBe(why);
    late.release();
  });
});

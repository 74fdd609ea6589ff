/** Time as the agent sees it: the one port through which anything waits or asks what time it is. */

export interface Clock {
  /** Milliseconds since the epoch; may jump when the machine's clock is corrected. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. Durations and deadlines use this one. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds of this clock; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleepFor(ms, signal),
};

/** A clock that runs `speed` times as fast as the machine's: for rehearsals, so that minutes pass in seconds. */
export function fasterClock(speed: number, startAt = Date.now()): Clock {
  const origin = performance.now();
  const elapsed = () => (performance.now() - origin) * speed;
  return {
    now: () => Math.round(startAt + elapsed()),
    monotonic: elapsed,
    sleep: (ms, signal) => sleepFor(ms / speed, signal),
  };
}

/** A signal that aborts with `reason` after `ms` milliseconds of `clock`, or when one of `others` does. Call `release` when done. */
export function deadlineSignal(
  clock: Clock,
  ms: number,
  reason: Error,
  ...others: AbortSignal[]
): { signal: AbortSignal; release: () => void } {
  const timer = new AbortController();
  const off = new AbortController();
  clock.sleep(ms, off.signal).then(
    () => timer.abort(reason),
    () => undefined,
  );
  return { signal: AbortSignal.any([timer.signal, ...others]), release: () => off.abort() };
}

/** Settles as `work` does, or rejects with `reason` when that takes longer than `ms` milliseconds of `clock`; the work goes on. */
export async function within<T>(
  clock: Clock,
  ms: number,
  reason: Error,
  work: Promise<T>,
): Promise<T> {
  const settled = new AbortController();
  const late = clock.sleep(ms, settled.signal).then(() => {
    throw reason;
  });
  // Ended by us: nobody's fault.
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    settled.abort();
  }
}

/** Node takes a longer wait for none at all (setTimeout, "When delay is larger than 2147483647"). */
const longestTimer = 2 ** 31 - 1;

async function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  let left = ms;
  for (; left > longestTimer; left -= longestTimer) await timer(longestTimer, signal);
  await timer(left, signal);
}

function timer(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(waiting);
      reject(signal?.reason);
    };
    const waiting = setTimeout(
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      Math.max(0, ms),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

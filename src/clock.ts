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

function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      Math.max(0, ms),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

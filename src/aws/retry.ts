/** Retries of AWS calls: exponential backoff with full jitter, on the agent's clock, until the caller's signal. */
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';

export interface RetryPolicy {
  readonly clock: Clock;
  /** 0 <= n < 1; the machine's own when absent. */
  readonly random?: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Attempts after which the caller is to wait instead; without a limit where there is a signal. */
  readonly attempts?: number;
  /** Told before each wait. */
  readonly waiting?: (because: string, waitMs: number) => void;
}

const backoff = { firstMs: 100, longestMs: 5000 };
/** Where no signal bounds the waiting: these many attempts take about a minute at most. */
const attemptsWithoutSignal = 15;

/** Repeats `attempt` while it throws UnavailableError, the last of which is thrown. Rejects with the signal's reason when that aborts. */
export async function retrying<T>(policy: RetryPolicy, attempt: () => Promise<T>): Promise<T> {
  const { clock, random = Math.random, signal } = policy;
  const { attempts = signal === undefined ? attemptsWithoutSignal : Infinity } = policy;
  for (let failures = 0; ; failures += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof UnavailableError)) throw error;
      if (failures + 1 >= attempts) throw error;
      const waitMs = backoffMs(backoff, failures + 1, random);
      policy.waiting?.(error.message, waitMs);
      await clock.sleep(waitMs, signal);
    }
  }
}

/** Persistence: the one policy by which metadata requests are tried again, within one deadline. */
import { type Backoff, backoffMs } from '../../backoff.ts';
import { type Clock, deadlineSignal } from '../../clock.ts';
import type { Tell } from '../../events.ts';
import { FailedAttempt } from './failed-attempt.ts';

export interface Persistence {
  readonly clock: Clock;
  readonly tell: Tell;
  /** 0 <= x < 1: what the jitter is made of. */
  readonly random: () => number;
  /** Milliseconds from the first attempt until `explain` gives the error. */
  readonly deadlineMs: number;
}

export interface Attempt {
  /** From 0. */
  readonly number: number;
  /** How long this attempt may take: one second at first, since metadata answers in milliseconds; longer later, for slow bodies. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const firstTimeoutMs = 1000;
const longestTimeoutMs = 15_000;
const pauses: Backoff = { firstMs: 50, longestMs: 5000 };

/**
 * Tries until it succeeds. A FailedAttempt is followed by a pause with full jitter and another try; any other error passes.
 * At the deadline throws what `explain` makes of the last failure; when `signal` aborts, its reason.
 */
export async function persist<T>(
  { clock, tell, random, deadlineMs }: Persistence,
  key: string,
  signal: AbortSignal,
  attempt: (attempt: Attempt) => Promise<T>,
  explain: (last: FailedAttempt | undefined) => Error,
): Promise<T> {
  const overdue = new Error('the deadline of the metadata request has passed');
  const deadline = deadlineSignal(clock, deadlineMs, overdue, signal);
  let last: FailedAttempt | undefined;
  try {
    for (let number = 0; ; number += 1) {
      deadline.signal.throwIfAborted();
      const timeoutMs = Math.min(firstTimeoutMs * 2 ** number, longestTimeoutMs);
      try {
        return await attempt({ number, timeoutMs, signal: deadline.signal });
      } catch (error) {
        if (!(error instanceof FailedAttempt)) throw error;
        last = error;
      }
      const waitMs = backoffMs(pauses, number + 1, random);
      tell({ type: 'metadata-retrying', key, because: last.message, waitMs });
      await clock.sleep(waitMs, deadline.signal);
    }
  } catch (error) {
    if (error === overdue) throw explain(last);
    throw error;
  } finally {
    deadline.release();
  }
}

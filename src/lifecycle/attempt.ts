/** One attempt at a call of Auto Scaling, bounded in time. */
import { type Clock, deadlineSignal } from '../clock.ts';
import { UnavailableError } from '../errors.ts';

/** An answer that takes longer is not coming; repeating the call does no harm. */
const attemptMs = 15_000;

/** What the call gives. Throws UnavailableError when it did not answer in time, and the signal's reason when aborted. */
export async function attempt<T>(
  clock: Clock,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new UnavailableError(`Auto Scaling did not answer within ${attemptMs / 1000} s`);
  const deadline = deadlineSignal(clock, attemptMs, late, signal);
  try {
    return await call(deadline.signal);
  } finally {
    deadline.release();
  }
}

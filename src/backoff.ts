/** Exponential backoff with full jitter: how long to wait before trying again what may work later. */

export interface Backoff {
  /** Upper bound of the first wait, milliseconds. */
  readonly firstMs: number;
  /** Upper bound of any wait, milliseconds. */
  readonly longestMs: number;
}

/**
 * Milliseconds to wait after the `attempt`th failure (counted from 1): anywhere between 0 and the doubling bound, so that
 * a fleet that failed together does not come back together.
 */
export function backoffMs(backoff: Backoff, attempt: number, random: () => number): number {
  const bound = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(random() * bound);
}

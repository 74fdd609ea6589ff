/** Time shares: how the time that is left is divided among the stages of a drain that are still to come. Pure. */
import type { Stage } from '../plan/drain-plan.ts';

/**
 * Seconds for each stage, in the order given; 0 for one that has to be left out. By rank, each stage first gets the least
 * that it is worth beginning with. What is left goes to them in their order, each up to its most: what a stage does not
 * use is divided anew before the next.
 */
export function timeShares(
  stages: readonly Pick<Stage, 'rank' | 'leastSeconds' | 'mostSeconds'>[],
  seconds: number,
): number[] {
  const shares = stages.map(() => 0);
  const byRank = stages.map((_, index) => index).sort((a, b) => rankOf(a) - rankOf(b));
  let left = seconds;
  for (const index of byRank) {
    const least = Math.min(stages[index]?.leastSeconds ?? 0, stages[index]?.mostSeconds ?? 0);
    if (least > left) continue;
    shares[index] = least;
    left -= least;
  }
  return shares.map((got, index) => {
    if (got === 0) return 0;
    const more = Math.min(left, (stages[index]?.mostSeconds ?? 0) - got);
    left -= more;
    return got + more;
  });

  function rankOf(index: number): number {
    return stages[index]?.rank ?? 0;
  }
}

/** Demands that the steps of a plan stand in an order in which each comes after what it needs. */
import type { AnyStep } from '../resources/table.ts';

/** Throws Error (a bug) where they do not: a plan with a circle or an unknown need would wait for ever. */
export function demandOrder(steps: readonly AnyStep[]): void {
  const seen = new Set<string>();
  for (const { id, needs } of steps) {
    const missing = needs.find((need) => !seen.has(need));
    if (missing !== undefined || seen.has(id))
      throw new Error(
        missing === undefined
          ? `the plan holds two steps ${id}`
          : `the plan puts ${id} before ${missing}, which it needs`,
      );
    seen.add(id);
  }
}

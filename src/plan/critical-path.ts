/** The critical path of a plan: the chain of steps that decides how long the boot takes. */
import type { Step } from '../resources/step.ts';

/**
 * The longest chain through `steps` (in plan order), where `estimate` gives milliseconds of one step, and its length.
 * Of chains that are equally long, the one whose steps come first in the plan.
 */
export function criticalPath(
  steps: readonly Step[],
  estimate: (step: Step) => number,
): { readonly path: readonly Step[]; readonly ms: number } {
  const ends = new Map<string, { step: Step; ms: number; before: string | undefined }>();
  let last: { step: Step; ms: number; before: string | undefined } | undefined;
  for (const step of steps) {
    let before: { step: Step; ms: number } | undefined;
    for (const need of step.needs) {
      const end = ends.get(need);
      if (end !== undefined && (before === undefined || end.ms > before.ms)) before = end;
    }
    const end = { step, ms: (before?.ms ?? 0) + estimate(step), before: before?.step.id };
    ends.set(step.id, end);
    if (last === undefined || end.ms > last.ms) last = end;
  }
  const path: Step[] = [];
  for (let end = last; end !== undefined; end = ends.get(end.before ?? '')) path.unshift(end.step);
  return { path, ms: last?.ms ?? 0 };
}

/** Consequences: what the failure of one step took with it, each with the need that it did not get. */
import type { Plan } from '../plan/plan.ts';
import type { Report } from './report.ts';

export interface Consequence {
  readonly step: string;
  /** The need that failed or was itself not done; absent: it was stopped, or never begun, for the boot was over. */
  readonly lacked?: string;
}

/** In the order of the plan, so that what a consequence lacked stands before it. */
export function consequencesOf(plan: Plan, report: Report): Consequence[] {
  const first = report.failure?.step;
  const undone = new Set(
    report.steps.flatMap(({ id, outcome }) =>
      outcome === 'failed' || outcome === 'skipped' ? [id] : [],
    ),
  );
  return plan.steps.flatMap(({ id, needs }) => {
    if (!undone.has(id) || id === first) return [];
    const lacked = needs.find((need) => undone.has(need));
    return [{ step: id, ...(lacked !== undefined && { lacked }) }];
  });
}

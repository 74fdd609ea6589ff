/** Prints a plan for people: what `agent dry-run` shows. */
import type { StepKind } from '../../resources/step.ts';
import { markOf, writeStep } from './drift.ts';
import {
  writeCalls,
  writeCriticalPath,
  writeProbes,
  writeRecord,
  writeRegistration,
  writeSignal,
} from './ending.ts';
import { writeIdentity } from './identity.ts';
import { writeLeaving } from './leaving.ts';
import { Page } from './page.ts';
import { counted } from './quantities.ts';
import type { PlanView } from './view.ts';
import { writeWarmPool } from './warm-pool.ts';

const groups: readonly (readonly [title: string, kinds: readonly StepKind[]])[] = [
  ['Kernel', ['kernel-module', 'sysctl']],
  ['System', ['hostname', 'mask', 'package', 'user']],
  ['Secrets', ['secret']],
  ['Files', ['directory', 'file']],
  ['Artifacts', ['artifact']],
  ['Commands', ['command']],
  ['Services', ['hold', 'service']],
];

/** The plan as text of at most `width` columns (100 when absent), ending in a newline; escape codes only with `colour`. */
export function renderPlan(view: PlanView, options: { colour: boolean; width?: number }): string {
  const page = new Page({ colour: options.colour, width: options.width ?? 100 });
  page.line(
    ['What this instance would become', 'bold'],
    view.simulated ? [' · simulated', 'yellow'] : '',
    [' · nothing is changed', 'dim'],
  );
  page.empty();
  writeIdentity(page, view);
  for (const warning of view.warnings) page.wrapped(['Warning    ', 'yellow'], warning);
  writeSteps(page, view);
  writeCriticalPath(page, view);
  writeCalls(page, view);
  writeProbes(page, view);
  writeRegistration(page, view);
  writeSignal(page, view);
  writeRecord(page, view);
  writeWarmPool(page, view);
  writeLeaving(page, view);
  return page.toString();
}

function writeSteps(page: Page, { plan, drifts }: PlanView): void {
  const marks = plan.steps.map((step) => markOf(drifts.get(step.id)));
  const count = (mark: string) => marks.filter((other) => other === mark).length;
  page.empty();
  page.line(
    [counted(plan.steps.length, 'step'), 'bold'],
    ': ',
    [`+ ${count('+')} new`, 'green'],
    ', ',
    [`~ ${count('~')} to change`, 'yellow'],
    ', ',
    [`= ${count('=')} in place`, 'dim'],
  );
  for (const [title, kinds] of groups) {
    const steps = plan.steps.filter((step) => kinds.includes(step.kind));
    if (steps.length === 0) continue;
    page.heading(title);
    for (const step of steps) writeStep(page, step, drifts.get(step.id));
  }
}

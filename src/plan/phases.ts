/**
 * Phases: which steps an instance may take while it lies ready in a warm pool (prepare), and which only once its group wants
 * it in service (activate). Derived with the graph:
 *
 * - activate: secrets, since what lies ready for a week is not fresh, and what hibernates is on a disk; commands, since the
 *   agent cannot know what they do; services that are to run, but for those of the system itself; what a role pins there;
 *   and whatever needs one of these.
 * - prepare: all the rest.
 */
import type { Step } from '../resources/step.ts';
import type { FilledDocument, FilledRole } from '../roles/filled-role.ts';
import type { Faults } from './faults.ts';
import { comingAfter } from './graph.ts';
import { isOfTheSystem } from './system-units.ts';

export type Phase = 'prepare' | 'activate';

/** Ids of the steps of `activate`, in the order of the plan. */
export function activating(steps: readonly Step[], { document }: FilledRole): string[] {
  const own = new Set(steps.filter((step) => isLate(step, document)).map(({ id }) => id));
  const after = comingAfter(own, steps);
  return steps.flatMap(({ id }) => (own.has(id) || after.has(id) ? [id] : []));
}

/** What the role says of the step's phase; undefined where it leaves that to the planner. */
export function pinOf({ from }: Pick<Step, 'from'>, document: FilledDocument): Phase | undefined {
  const section = pinnable.find((one) => from.startsWith(`${one}.`));
  return section && document[section][from.slice(section.length + 1)]?.phase;
}

/** Adds a fault for each step that is pinned to prepare and needs what comes only later. */
export function checkPins(
  steps: readonly Step[],
  activate: readonly string[],
  role: FilledRole,
  faults: Faults,
): void {
  for (const step of steps) {
    if (pinOf(step, role.document) !== 'prepare' || !activate.includes(step.id)) continue;
    const late = step.needs.filter((id) => activate.includes(id));
    faults.add(
      `${step.from}.phase`,
      `wanted prepare, but it needs ${late.join(', ')}, which an instance in a warm pool does not have yet; leave the phase out, or take away what needs that`,
    );
  }
}

const pinnable = ['artifacts', 'commands', 'directories', 'files', 'services'] as const;

function isLate(step: Step, document: FilledDocument): boolean {
  const pin = pinOf(step, document);
  if (pin !== undefined) return pin === 'activate';
  if (step.kind === 'service') return step.state === 'started' && !isOfTheSystem(step.unit);
  return step.kind === 'secret' || step.kind === 'command';
}

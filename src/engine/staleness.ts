/** Staleness: whether something that a step must be restarted for has changed since the step last succeeded in this boot. */
import type { Staleness } from '../resources/resource.ts';
import type { AnyStep } from '../resources/table.ts';
import type { EarlierRuns } from './journal.ts';

/**
 * @param changed whether the step with this id was changed (or, when surveying, would be) in the present run
 * @param earlier what earlier runs of the same boot did: a run killed between the change and the restart left the
 *   restart to us, and by now the check of the changed step finds nothing to do
 */
export function stalenessOf(
  step: AnyStep,
  changed: (id: string) => boolean,
  earlier?: EarlierRuns,
): Staleness {
  const succeeded = earlier?.steps.get(step.id)?.succeeded ?? 0;
  const since = (step.restartOn ?? []).filter(
    (id) => changed(id) || (earlier?.steps.get(id)?.applying ?? 0) > succeeded,
  );
  if (since.length === 0) return false;
  const reloads = step.kind === 'service' ? (step.reloadOn ?? []) : [];
  return since.every((id) => reloads.includes(id)) ? 'reload' : true;
}

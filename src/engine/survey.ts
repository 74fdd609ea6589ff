/** The survey: what every step of a plan would find and change, by checks alone. Nothing is changed. */
import { StepError } from '../errors.ts';
import type { Drift, Resource, World } from '../resources/resource.ts';
import type { Step } from '../resources/step.ts';
import type { ResourceTable } from '../resources/table.ts';
import { stalenessOf } from './staleness.ts';

/**
 * Checks all steps at once, except that a step which restarts on others is checked after them, as stale when one of them
 * drifts.
 *
 * A check that fails with StepError counts as drift. Where something the step needs drifts too, that is the ordinary
 * case of a tool or directory that is not there yet; otherwise the boot would fail there, and the difference says so.
 * Any other error is thrown: a configuration must be edited whether or not anything is changed.
 *
 * @param steps in an order in which each comes after what it needs
 * @returns the drift by step id, undefined where the machine is as wanted, in the order of the plan
 */
export async function survey(
  steps: readonly Step[],
  world: World,
  resources: ResourceTable,
  signal: AbortSignal,
): Promise<Map<string, Drift | undefined>> {
  const all = new Map<string, Promise<Drift | undefined>>();
  for (const step of steps) all.set(step.id, checked(step, all, world, resources, signal));
  const drifts = await Promise.all(all.values());
  return new Map(steps.map((step, index) => [step.id, drifts[index]]));
}

async function checked(
  step: Step,
  earlier: ReadonlyMap<string, Promise<Drift | undefined>>,
  world: World,
  resources: ResourceTable,
  signal: AbortSignal,
): Promise<Drift | undefined> {
  const drifting = async (ids: readonly string[]) => {
    const drifts = await Promise.all(ids.map(async (id) => ((await earlier.get(id)) ? [id] : [])));
    return drifts.flat();
  };
  const changing = new Set(await drifting(step.restartOn ?? []));
  const stale = stalenessOf(step, (id) => changing.has(id));
  // The table pairs each kind with its own step type, a relation that TypeScript cannot follow through an index.
  const resource = resources[step.kind] as Resource<Step>;
  try {
    return await resource.check(step, world, { stale, signal });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const before = await drifting(step.needs);
    return before.length > 0
      ? unknown(`not known yet: ${error.message}`, `known after ${before.join(', ')}`)
      : unknown(`cannot be read: ${error.message}`, 'readable');
  }
}

function unknown(found: string, wanted: string): Drift {
  return { differences: [{ aspect: 'state', found, wanted }] };
}

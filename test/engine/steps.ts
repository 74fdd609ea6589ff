/** Steps, resources and a world for tests of the engine: nothing but promises and a clock. */
import type { Clock } from '../../src/clock.ts';
import type { EarlierRuns } from '../../src/engine/journal.ts';
import { Pulse } from '../../src/engine/pulse.ts';
import { type RunPlanOptions, runPlan } from '../../src/engine/run-plan.ts';
import { type Event, EventStream, type Listener } from '../../src/events.ts';
import { Redactor } from '../../src/redaction.ts';
import type { Drift, Effort, Resource, Situation, World } from '../../src/resources/resource.ts';
import type { PackageStep, Step, StepKind } from '../../src/resources/step.ts';
import type { ResourceTable } from '../../src/resources/table.ts';
import { virtualClock } from '../virtual-clock.ts';

/** A file step whose id is its path. */
export function step(
  id: string,
  needs: readonly string[] = [],
  restartOn?: readonly string[],
): Step {
  return {
    kind: 'file',
    id,
    needs,
    ...(restartOn === undefined ? {} : { restartOn }),
    from: `files.${id}`,
    path: `/${id}`,
    content: [''],
    owner: 'root',
    group: 'root',
    mode: '0644',
  };
}

export function packageStep(id: string): PackageStep {
  return { kind: 'package', id, needs: [], from: 'packages', packages: [] };
}

export function drift(aspect = 'content', found?: string, wanted = 'new'): Drift {
  return { differences: [{ aspect, ...(found === undefined ? {} : { found }), wanted }] };
}

/** What a step of a test does; by default it is as wanted already. */
export interface Behaviour {
  check?(situation: Situation, checks: number): Promise<Drift | undefined> | Drift | undefined;
  apply?(effort: Effort, applies: number): Promise<void> | void;
}

/** A step that drifts until it was applied. */
export function changing(apply: Behaviour['apply'] = () => undefined): Behaviour {
  let applied = false;
  return {
    check: ({ stale }) => (applied && !stale ? undefined : drift()),
    apply: async (effort, applies) => {
      await apply(effort, applies);
      applied = true;
    },
  };
}

/** One resource for all kinds, which behaves by the id of the step. */
export function resourcesFor(behaviours: Readonly<Record<string, Behaviour>>): ResourceTable {
  const checks = new Map<string, number>();
  const applies = new Map<string, number>();
  const count = (of: Map<string, number>, id: string) => {
    of.set(id, (of.get(id) ?? 0) + 1);
    return of.get(id) ?? 0;
  };
  const resource: Resource<Step> = {
    check: async ({ id }, _world, situation) =>
      behaviours[id]?.check?.(situation, count(checks, id)),
    apply: async ({ id }, _world, effort) => behaviours[id]?.apply?.(effort, count(applies, id)),
  };
  return new Proxy({} as Record<StepKind, Resource<Step>>, {
    get: () => resource,
  }) as ResourceTable;
}

/** No step of a test touches the world. */
export const noWorld = {} as World;
export const nothingEarlier: EarlierRuns = { steps: new Map() };

export interface Play extends Partial<Omit<RunPlanOptions, 'steps'>> {
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
  readonly listeners?: readonly Listener[];
}

/** Runs steps on a virtual clock and gives the report and the events. */
export async function play(steps: readonly Step[], options: Play = {}) {
  const clock: Clock = options.clock ?? virtualClock();
  const events: Event[] = [];
  const stream = new EventStream(clock, new Redactor());
  stream.listen((event) => events.push(event));
  for (const listener of options.listeners ?? []) stream.listen(listener);
  const pulse = new Pulse(clock);
  const report = await runPlan({
    steps,
    world: noWorld,
    resources: resourcesFor(options.behaviours ?? {}),
    journal: { settled: async () => undefined, earlier: nothingEarlier },
    tell: stream.tell,
    clock,
    pulse,
    signal: new AbortController().signal,
    deadline: 900_000,
    random: () => 0.5,
    ...options,
  });
  return { report, events, clock, pulse };
}

/** Runs the stages of a drain one after the other, each as a small plan with its share of the time that is left. */
import type { Clock } from '../clock.ts';
import type { Tell } from '../events.ts';
import type { Stage } from '../plan/drain-plan.ts';
import type { DrainWorld } from '../resources/drain/drain-resource.ts';
import type { DrainTable } from '../resources/drain/drain-table.ts';
import type { Due } from './due.ts';
import type { Pulse } from './pulse.ts';
import { runPlan } from './run-plan.ts';
import { timeShares } from './time-shares.ts';

export interface RunStagesOptions {
  readonly stages: readonly Stage[];
  readonly world: DrainWorld;
  readonly resources: DrainTable;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly pulse: Pulse;
  /** When all must be over. It may come closer while the drain goes on. */
  readonly due: Due;
  /** Aborted when the process must stop: the stages to come are left. */
  readonly signal: AbortSignal;
}

/** What earlier runs did is seen on the machine itself: each step looks first, and leaves what is done. */
const noJournal = { settled: async () => undefined, earlier: { steps: new Map() } };

/** True where every stage was done. Never throws for a failed stage: it is told, and the next one is tried. */
export async function runStages(options: RunStagesOptions): Promise<boolean> {
  const { clock, tell, due, signal } = options;
  let complete = true;
  for (let index = 0; index < options.stages.length && !signal.aborted; ) {
    const stages = options.stages.slice(index);
    const stage = stages[0] as Stage;
    const begun = clock.monotonic();
    const moved = due.moved;
    const [seconds = 0] = timeShares(stages, (due.at - begun) / 1000);
    const because =
      seconds === 0 ? 'there is no time left for it' : await run(stage, seconds, options);
    // Less time than was thought: what is left is divided anew, beginning with this stage.
    if (because !== undefined && moved.aborted && !signal.aborted) continue;
    const outcome = because === undefined ? 'done' : seconds === 0 ? 'cut' : 'failed';
    const ms = Math.round(clock.monotonic() - begun);
    tell({ type: 'drain-stage', stage: stage.id, outcome, ms, ...(because && { because }) });
    complete &&= because === undefined;
    index += 1;
  }
  return complete && !signal.aborted;
}

/** Why the stage was not done; undefined where it was. */
async function run(
  { steps }: Stage,
  seconds: number,
  { due, signal, ...rest }: RunStagesOptions,
): Promise<string | undefined> {
  const { failure } = await runPlan({
    ...rest,
    steps: inOrder(steps),
    journal: noJournal,
    signal: AbortSignal.any([signal, due.moved]),
    deadline: rest.clock.monotonic() + seconds * 1000,
  });
  return failure?.error.message;
}

/** Each step after what it needs. */
function inOrder<S extends Stage['steps'][number]>(steps: readonly S[]): S[] {
  const left = [...steps];
  const ordered: S[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ needs }) =>
      needs.every((need) => !left.some(({ id }) => id === need)),
    );
    // A circle cannot come out of a plan, whose services need each other in one direction.
    ordered.push(...left.splice(Math.max(0, next), 1));
  }
  return ordered;
}

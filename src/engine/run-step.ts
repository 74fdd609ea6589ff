/** One step, run to its end: check, apply, check again, and again from the start while something outside is unavailable. */
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { StepError, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Drift, Effort, Progress, Resource, Staleness, World } from '../resources/resource.ts';
import type { AnyStep, AnyTable } from '../resources/table.ts';
import { differencesOf } from './difference.ts';
import type { Journal } from './journal.ts';
import type { Pulse } from './pulse.ts';

/** Short at first, since most faults of a starting node heal at once; never so long that a recovery goes unnoticed. */
const backoff = { firstMs: 250, longestMs: 10_000 };
/** Bytes move thousands of times in a download; nobody reads more than ten messages a second. */
const progressEveryMs = 100;

export interface StepRun {
  readonly world: World;
  readonly resources: AnyTable;
  readonly journal: Pick<Journal, 'settled'>;
  readonly tell: Tell;
  readonly clock: Clock;
  readonly pulse: Pulse;
  readonly random: () => number;
  readonly afterwards?: Effort['afterwards'];
  /** Aborted when the step is to stop. */
  readonly signal: AbortSignal;
}

/** What a run of a step has come to so far; kept up to date while it goes on. */
export interface Attempts {
  count: number;
  drift?: Drift;
  /** Why the last attempt is being repeated. */
  trouble?: UnavailableError;
}

/**
 * Brings one step to its desired state. Retries UnavailableError for as long as the signal lets it; who aborts it decides
 * what that means. Throws what the resource throws, StepError when the drift is still there after applying.
 */
export async function runStep(
  step: AnyStep,
  stale: Staleness,
  attempts: Attempts,
  run: StepRun,
): Promise<'unchanged' | 'changed'> {
  for (;;) {
    attempts.count += 1;
    try {
      return await attempt(step, stale, attempts, run);
    } catch (error) {
      if (!(error instanceof UnavailableError) || run.signal.aborted) throw error;
      attempts.trouble = error;
      const waitMs = backoffMs(backoff, attempts.count, run.random);
      run.tell({ type: 'step-retrying', step: step.id, because: error.message, waitMs });
      await run.clock.sleep(waitMs, run.signal);
    }
  }
}

async function attempt(
  step: AnyStep,
  stale: Staleness,
  attempts: Attempts,
  run: StepRun,
): Promise<'unchanged' | 'changed'> {
  const { world, signal, tell } = run;
  // The table pairs each kind with its own step type, a relation that TypeScript cannot follow through an index.
  const table = run.resources as unknown as Readonly<Record<string, Resource<AnyStep>>>;
  const resource = table[step.kind] as Resource<AnyStep>;
  const drift = await resource.check(step, world, { stale, signal });
  // An earlier attempt that changed something and then met an outage still changed it.
  if (drift === undefined) return attempts.drift === undefined ? 'unchanged' : 'changed';
  attempts.drift ??= drift;
  signal.throwIfAborted();
  tell({ type: 'step-applying', step: step.id, differences: differencesOf(drift) });
  await run.journal.settled();
  signal.throwIfAborted();
  const progress = progressTeller(step.id, run);
  const { afterwards } = run;
  const effort = { drift, stale, signal, progress, ...(afterwards && { afterwards }) };
  await resource.apply(step, world, effort);
  const left = await resource.check(step, world, { stale: false, signal });
  if (left === undefined) return 'changed';
  const said = await resource.explain?.(step, world, signal);
  throw new StepError([stillDrifting(step, left), ...(said ? [said] : [])].join('\n'));
}

function stillDrifting(step: AnyStep, left: Drift): string {
  return `${step.id} is not as wanted even after it was applied: ${differencesOf(left).join('; ')} (in the role: ${step.from})`;
}

function progressTeller(step: string, { tell, clock, pulse }: StepRun): (p: Progress) => void {
  let told = Number.NEGATIVE_INFINITY;
  let waiting: { on: string; since: number } | undefined;
  return (progress) => {
    pulse.beat();
    if (progress.what === 'waiting') {
      waiting ??= { on: progress.on, since: clock.monotonic() };
      return;
    }
    if (progress.what === 'resumed') {
      if (waiting === undefined) return;
      const ms = Math.round(clock.monotonic() - waiting.since);
      if (ms > 0) tell({ type: 'step-waited', step, on: waiting.on, ms });
      waiting = undefined;
      return;
    }
    if (progress.what === 'line') {
      tell({ type: 'step-progress', step, line: progress.line });
      return;
    }
    const { done: bytes, total } = progress;
    if (bytes !== total && clock.monotonic() - told < progressEveryMs) return;
    told = clock.monotonic();
    tell({ type: 'step-progress', step, bytes, ...(total === undefined ? {} : { total }) });
  };
}

/** The engine: starts every step of a plan the moment what it needs is there, and stops them all at the first fatal failure. */
import { onBehalfOf } from '../at-work.ts';
import type { Clock } from '../clock.ts';
import { isAbort, messageOf, StepError, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Effort, World } from '../resources/resource.ts';
import type { AnyStep, AnyTable } from '../resources/table.ts';
import { demandOrder } from './demand-order.ts';
import type { Journal } from './journal.ts';
import { Lanes } from './lanes.ts';
import { Outcomes } from './outcomes.ts';
import type { Pulse } from './pulse.ts';
import type { Report, StepReport } from './report.ts';
import { type Attempts, runStep } from './run-step.ts';
import { stalenessOf } from './staleness.ts';

/** Time that steps get to stop after a failure; ABANDON must not wait for a stuck one. */
const graceMs = 5_000;

export interface RunPlanOptions {
  /** In an order in which each comes after what it needs. */
  readonly steps: readonly AnyStep[];
  readonly world: World;
  readonly resources: AnyTable;
  readonly journal: Pick<Journal, 'settled' | 'earlier'>;
  readonly tell: Tell;
  readonly clock: Clock;
  readonly pulse: Pulse;
  /** Aborted from outside: the report fails with its reason. */
  readonly signal: AbortSignal;
  /** Monotonic milliseconds of `clock` at which whatever is not done has failed. */
  readonly deadline: number;
  /** Aborted where time is up before the deadline, with an error that says why: whatever is not done has failed then. */
  readonly outOfTime?: AbortSignal;
  /** Takes work that goes on after its step counts as done; see Effort. Absent: steps wait for it. */
  readonly afterwards?: Effort['afterwards'];
  /** For backoff; Math.random by default. */
  readonly random?: () => number;
}

/**
 * Runs all steps and reports what became of each. Never throws for a failed step: the report holds the first failure,
 * its error as it was thrown (ConfigError, StepError, a bug, the reason of the abort) or an UnavailableError when
 * something outside stayed unreachable until the deadline. Throws Error when the steps are not in order (a bug).
 */
export async function runPlan(options: RunPlanOptions): Promise<Report> {
  demandOrder(options.steps);
  return new Run(options).toItsEnd();
}

class Run {
  readonly #options: RunPlanOptions;
  readonly #lanes = new Lanes();
  readonly #halt = new AbortController();
  readonly #begun: number;
  readonly #startedAt: number;
  /** Steps at work now. */
  readonly #running = new Map<string, { attempts: Attempts; startedAt: number; begun: number }>();
  readonly #outcomes = new Outcomes();
  #failure: Report['failure'];

  constructor(options: RunPlanOptions) {
    this.#options = options;
    this.#begun = options.clock.monotonic();
    this.#startedAt = options.clock.now();
  }

  async toItsEnd(): Promise<Report> {
    const { steps, clock, signal, deadline, outOfTime } = this.#options;
    const over = new AbortController();
    const onAbort = () => this.#fail(errorFrom(signal.reason));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    clock.sleep(Math.max(0, deadline - clock.monotonic()), over.signal).then(
      () => this.#failOutOfTime(),
      () => undefined,
    );
    const onLate = () => this.#failOutOfTime(messageOf(outOfTime?.reason));
    outOfTime?.addEventListener('abort', onLate, { once: true, signal: over.signal });
    const all = new Map<string, Promise<void>>();
    for (const step of steps) {
      const needs = step.needs.map((id) => all.get(id));
      all.set(
        step.id,
        Promise.all(needs).then(() => this.#whenReady(step)),
      );
    }
    await Promise.race([Promise.all(all.values()), this.#graceOver(over.signal)]);
    over.abort();
    signal.removeEventListener('abort', onAbort);
    return this.#report();
  }

  async #whenReady(step: AnyStep): Promise<void> {
    if (!step.needs.every((id) => this.#outcomes.succeeded(id))) return;
    const { clock } = this.#options;
    const ready = clock.monotonic();
    const leave = await this.#lanes.enter(step.kind);
    const queuedMs = Math.round(clock.monotonic() - ready);
    try {
      if (!this.#halt.signal.aborted) await onBehalfOf(step.id, () => this.#run(step, queuedMs));
    } finally {
      leave();
    }
  }

  async #run(step: AnyStep, queuedMs: number): Promise<void> {
    const { tell, clock, pulse, journal, random = Math.random } = this.#options;
    const attempts: Attempts = { count: 0 };
    this.#running.set(step.id, {
      attempts,
      startedAt: clock.now(),
      begun: clock.monotonic(),
    });
    const heldUpBy = this.#outcomes.lastOf(step.needs);
    pulse.beat();
    tell({
      type: 'step-started',
      step: step.id,
      ...(heldUpBy === undefined ? {} : { heldUpBy }),
      ...(queuedMs > 0 && { queuedMs }),
    });
    const stale = stalenessOf(step, (id) => this.#outcomes.changed(id), journal.earlier);
    const run = { ...this.#options, random, signal: this.#halt.signal };
    try {
      this.#finish(step, await runStep(step, stale, attempts, run));
    } catch (thrown) {
      const error = errorFrom(thrown);
      if (this.#halt.signal.aborted && isStop(error, this.#halt.signal)) {
        this.#finish(step, 'failed', this.#whyStopped(step.id), this.#stopper(step.id));
      } else {
        this.#fail(error, step.id);
        this.#finish(step, 'failed', messageOf(error));
      }
    }
  }

  #finish(step: AnyStep, outcome: StepReport['outcome'], error?: string, stoppedBy?: string): void {
    const { tell, clock, pulse } = this.#options;
    // The grace was over and the report is made: nobody waits for this one any more.
    if (this.#outcomes.has(step.id)) return;
    const live = this.#running.get(step.id);
    this.#running.delete(step.id);
    const heldUpBy = this.#outcomes.lastOf(step.needs);
    this.#outcomes.add({
      id: step.id,
      kind: step.kind,
      outcome,
      attempts: live?.attempts.count ?? 0,
      ...(live === undefined ? {} : { startedAt: live.startedAt, finishedAt: clock.now() }),
      ...(live?.attempts.drift === undefined ? {} : { drift: live.attempts.drift }),
      ...(error === undefined ? {} : { error }),
      ...(heldUpBy === undefined ? {} : { heldUpBy }),
    });
    pulse.beat();
    const ms = live === undefined ? 0 : Math.round(clock.monotonic() - live.begun);
    tell({
      type: 'step-finished',
      step: step.id,
      outcome,
      ms,
      ...(error === undefined ? {} : { error }),
      ...(stoppedBy === undefined ? {} : { stoppedBy }),
    });
  }

  /** The first failure counts; it stops everything else. Without a step: the run was ended from outside. */
  #fail(error: Error, step?: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error, ...(step !== undefined && { step }) };
    this.#halt.abort(error);
  }

  /** `why` where it is not the deadline. */
  #failOutOfTime(why?: string): void {
    const step = this.#slowest();
    if (step === undefined) return;
    const seconds = Math.round((this.#options.clock.monotonic() - this.#begun) / 1000);
    const trouble = this.#running.get(step)?.attempts.trouble;
    const also = why === undefined ? '' : `\n${why}`;
    const error =
      trouble === undefined
        ? new StepError(
            `${step}: not done ${why === undefined ? 'by the deadline' : 'in time'}, ${seconds} s after the first step${also}`,
          )
        : new UnavailableError(
            `${step}: given up after ${seconds} s of trying: ${trouble.message}${also}`,
            { cause: trouble },
          );
    this.#fail(error, step);
  }

  /** The step that holds the run up: one that waits for something unavailable, else one at work, else one not started. */
  #slowest(): string | undefined {
    const running = [...this.#running];
    const troubled = running.find(([, { attempts }]) => attempts.trouble !== undefined);
    const open = this.#options.steps.find(({ id }) => !this.#outcomes.has(id));
    return troubled?.[0] ?? running[0]?.[0] ?? open?.id;
  }

  async #graceOver(over: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#halt.signal.aborted) resolve();
      this.#halt.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await this.#options.clock.sleep(graceMs, over).catch(() => undefined);
  }

  #whyStopped(step: string): string {
    const failure = this.#failure;
    if (failure?.step === step) return failure?.error.message ?? '';
    return `stopped because of ${failure?.step ?? 'what ended the boot'}`;
  }

  /** What stopped a step that the failure is not of. */
  #stopper(step: string): string | undefined {
    const stopper = this.#failure?.step ?? 'boot';
    return stopper === step ? undefined : stopper;
  }

  #report(): Report {
    const { steps, clock } = this.#options;
    for (const step of steps) {
      if (this.#running.has(step.id))
        this.#finish(step, 'failed', `did not stop within ${graceMs / 1000} s when told to`);
      else if (!this.#outcomes.has(step.id)) this.#finish(step, 'skipped');
    }
    return {
      outcome: this.#failure === undefined ? 'done' : 'failed',
      steps: this.#outcomes.inOrderOf(steps),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      startedAt: this.#startedAt,
      finishedAt: clock.now(),
    };
  }
}

/** True when a step ended because it was told to, rather than by a fault of its own. */
function isStop(error: Error, halt: AbortSignal): boolean {
  return error === halt.reason || isAbort(error) || error instanceof UnavailableError;
}

function errorFrom(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown), { cause: thrown });
}

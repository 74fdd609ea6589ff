/** Report: what became of each step of a plan. */
import type { Drift } from '../resources/resource.ts';
import type { AnyStep } from '../resources/table.ts';

export interface Report {
  readonly outcome: 'done' | 'failed';
  readonly steps: readonly StepReport[];
  /** The first failure: what the others were skipped for. Without a step: the run was ended from outside. */
  readonly failure?: { readonly step?: string; readonly error: Error };
  readonly startedAt: number;
  readonly finishedAt: number;
}

export interface StepReport {
  readonly id: string;
  readonly kind: AnyStep['kind'];
  readonly outcome: 'unchanged' | 'changed' | 'failed' | 'skipped';
  /** Milliseconds since the epoch; absent where the step never started. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly attempts: number;
  readonly drift?: Drift;
  readonly error?: string;
  /** The need that finished last: following it back from the last step gives the critical path. */
  readonly heldUpBy?: string;
}

/** Outcomes: the steps that came to an end, in the order in which they did. */
import type { AnyStep } from '../resources/table.ts';
import type { StepReport } from './report.ts';

export class Outcomes {
  readonly #reports = new Map<string, StepReport>();

  add(report: StepReport): void {
    this.#reports.set(report.id, report);
  }

  has(id: string): boolean {
    return this.#reports.has(id);
  }

  changed(id: string): boolean {
    return this.#reports.get(id)?.outcome === 'changed';
  }

  succeeded(id: string): boolean {
    return this.changed(id) || this.#reports.get(id)?.outcome === 'unchanged';
  }

  /** Of these steps the one that ended last; undefined when there are none. */
  lastOf(ids: readonly string[]): string | undefined {
    return [...this.#reports.keys()].findLast((id) => ids.includes(id));
  }

  /** All reports, in the order of the plan. */
  inOrderOf(steps: readonly AnyStep[]): StepReport[] {
    return steps.flatMap(({ id }) => this.#reports.get(id) ?? []);
  }
}

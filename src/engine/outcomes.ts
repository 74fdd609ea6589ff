/** Outcomes: the steps that came to an end, in the order in which they did. */
import type { AnyStep } from '../resources/table.ts';
import type { StepReport } from './report.ts';

export class Outcomes {
  readonly #reports = new Map<string, StepReport>();
  /** Which one it was to end, the first being 0. */
  readonly #places = new Map<string, number>();

  add(report: StepReport): void {
    if (!this.#places.has(report.id)) this.#places.set(report.id, this.#places.size);
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
    const place = (id: string | undefined) => this.#places.get(id ?? '') ?? -1;
    let last: string | undefined;
    for (const id of ids) if (place(id) > place(last)) last = id;
    return last;
  }

  /** All reports, in the order of the plan. */
  inOrderOf(steps: readonly AnyStep[]): StepReport[] {
    return steps.flatMap(({ id }) => this.#reports.get(id) ?? []);
  }
}

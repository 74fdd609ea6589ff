/** Filters of EC2's Describe operations: every filter must pass, by any of its values. */
import type { QueryInput } from '../query.ts';

export type Filters = ReadonlyMap<string, readonly string[]>;

export function filtersOf(input: QueryInput): Filters {
  return new Map(
    input
      .structures('Filter')
      .map((filter) => [
        filter.get('Name') ?? '',
        [...filter].filter(([field]) => field.startsWith('Value.')).map(([, value]) => value),
      ]),
  );
}

/** Whether a value passes the filter of this name; true where there is no such filter. */
export function passes(filters: Filters, name: string, value: string): boolean {
  return filters.get(name)?.includes(value) ?? true;
}

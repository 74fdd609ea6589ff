/** Filters of EC2's Describe operations: all of them must hold, each by any of its values, in which * and ? are wildcards. */
import type { QueryInput } from '../query.ts';
import { ServiceError } from '../service.ts';

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

/**
 * Whether something passes: `values` gives what it has under a filter's name (none: nothing matches), or undefined for a
 * name that the operation does not know. Throws ServiceError for such a name, as EC2 does.
 */
export function passes(
  filters: Filters,
  values: (name: string) => readonly string[] | undefined,
): boolean {
  return [...filters].every(([name, wanted]) => {
    const has = values(name);
    if (has === undefined) {
      throw new ServiceError(400, 'InvalidParameterValue', `The filter '${name}' is invalid`);
    }
    return wanted.some((pattern) => has.some((value) => patternOf(pattern).test(value)));
  });
}

/** EC2 user guide, "Filter resources": * stands for any characters, ? for one; upper and lower case differ. */
function patternOf(wildcards: string): RegExp {
  const escaped = wildcards.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}

/** Filters of EC2's Describe operations: every filter must pass, by any of its values; `*` and `?` stand for others. */
import type { QueryInput } from '../query.ts';
import { wrongValue } from './refusals.ts';

export type Filters = ReadonlyMap<string, readonly string[]>;

/** What can be filtered by: the filter's name -> the value, or the values, of one resource. */
export type Facets = Readonly<Record<string, string | readonly string[] | undefined>>;

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
 * Whether a resource passes all filters; `tag:<key>` and `tag-key` go by its tags.
 * @throws ServiceError InvalidParameterValue for a filter that the resource does not have
 */
export function passesAll(
  filters: Filters,
  facets: Facets,
  tags: Readonly<Record<string, string>> = {},
): boolean {
  return [...filters].every(([name, patterns]) => {
    const values = valuesOf(name, facets, tags);
    return values.some((value) => patterns.some((pattern) => fits(pattern, value)));
  });
}

function valuesOf(
  name: string,
  facets: Facets,
  tags: Readonly<Record<string, string>>,
): readonly string[] {
  if (name === 'tag-key') return Object.keys(tags);
  if (name.startsWith('tag:')) return [tags[name.slice('tag:'.length)]].flatMap((one) => one ?? []);
  if (!(name in facets)) throw wrongValue(`The filter '${name}' is invalid`);
  return [facets[name]].flatMap((one) => one ?? []);
}

/** A backslash takes the meaning from the wildcard behind it (EC2 user guide, "Filter resources"). */
function fits(pattern: string, value: string): boolean {
  const expression = pattern.replace(/\\?./gs, (one) => {
    if (one === '*') return '.*';
    if (one === '?') return '.';
    return one.slice(-1).replace(/\W/g, '\\$&');
  });
  return new RegExp(`^${expression}$`, 's').test(value);
}

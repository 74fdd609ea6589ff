/** What is right in a role file that has faults, so that its other mistakes are found in the same run. */
import type { z } from 'zod';

/** Others refer to what stands here: without it, they would seem wrong as well. */
const referredTo = new Set<PropertyKey>(['values', 'secrets', 'release', 'extends', 'users']);

/**
 * The data without its unknown keys and without the entries that are wrong otherwise; undefined where leaving something
 * out would make other things look wrong, or does not help.
 */
export function withoutFaulty(schema: z.ZodType, data: unknown): unknown {
  const result = schema.safeParse(data);
  const copy: unknown = structuredClone(data);
  for (const issue of result.error?.issues ?? []) {
    const unknown = issue.code === 'unrecognized_keys';
    const [section, entry] = issue.path;
    if (!unknown && (section === 'overrides' || entry === undefined)) return undefined;
    if (!unknown && section !== undefined && referredTo.has(section)) return undefined;
    const paths = unknown ? issue.keys.map((key) => [...issue.path, key]) : [[section, entry]];
    for (const path of paths) remove(copy, path as PropertyKey[]);
  }
  return schema.safeParse(copy).success ? copy : undefined;
}

function remove(data: unknown, path: readonly PropertyKey[]): void {
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => entryOf(value, step), data);
  const last = path.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined) {
    Reflect.deleteProperty(parent, last);
  }
}

function entryOf(value: unknown, step: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
}

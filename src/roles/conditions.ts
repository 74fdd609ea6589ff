/** Conditions of an override: for which instances it counts. */
import type { Facts } from '../identity/identity.ts';
import type { Conditions } from './schema.ts';

/** True when all conditions hold for the instance. A tag that it lacks does not match, whatever the pattern. */
export function holds(
  when: Conditions,
  facts: Facts,
  tags: Readonly<Record<string, string>>,
): boolean {
  return (
    fits(when.instance_type, facts.instance_type) &&
    fits(when.instance_size, facts.instance_size) &&
    (when.architecture === undefined || when.architecture === facts.architecture) &&
    Object.entries(when.tag ?? {}).every(
      ([name, wanted]) => Object.hasOwn(tags, name) && fits(wanted, tags[name] ?? ''),
    )
  );
}

/** The conditions in words: `instance_type m5.* or c5.*, tag Env=prod`. */
export function inWords(when: Conditions): string {
  const words: string[] = [];
  if (when.instance_type) words.push(`instance_type ${listed(when.instance_type)}`);
  if (when.instance_size) words.push(`instance_size ${listed(when.instance_size)}`);
  if (when.architecture) words.push(`architecture ${when.architecture}`);
  for (const [name, wanted] of Object.entries(when.tag ?? {})) {
    words.push(`tag ${name}=${listed(wanted)}`);
  }
  return words.join(', ');
}

function fits(wanted: string | string[] | undefined, found: string): boolean {
  return wanted === undefined || [wanted].flat().some((pattern) => matches(pattern, found));
}

/** `*` stands for any characters, everything else for itself. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

function listed(pattern: string | string[]): string {
  return [pattern].flat().join(' or ');
}

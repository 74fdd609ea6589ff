/** The digest of a plan: equal for plans that make the same machine, whatever their keys' order or where values were written. */
import { createHash } from 'node:crypto';
import type { Plan } from './plan.ts';

/** sha256 (hex) of class, steps without their provenance, probes, signal and release name, as canonical JSON. */
export function digestOf(
  plan: Pick<Plan, 'class' | 'steps' | 'probes' | 'signal' | 'release'>,
): string {
  const decides = {
    class: plan.class,
    steps: plan.steps.map(({ from: _provenance, ...step }) => step),
    probes: plan.probes,
    signal: plan.signal,
    release: plan.release?.name,
  };
  return createHash('sha256').update(canonicalJson(decides)).digest('hex');
}

/** JSON with the keys of every object sorted, and those that are undefined left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

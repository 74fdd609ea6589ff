/** The digest of a plan: equal for plans that make the same machine, whatever their keys' order or where values were written. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
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

/** Checks a role as a plan without a machine and without AWS: what `agent validate` asks of the planner. */

import { ConfigError } from '../errors.ts';
import type { Release } from '../releases/release.ts';
import type { FilledRole } from '../roles/filled-role.ts';
import { Faults } from './faults.ts';
import { stepsFor } from './plan-for.ts';

/**
 * Every fault that planning this role would end in, one text each. Where the role names a release manifest, it is taken to
 * list every artifact that carries no digest of its own: the manifest itself is known only at boot.
 */
export function planFaults(role: FilledRole): readonly string[] {
  const faults = new Faults(role);
  try {
    stepsFor(role, role.origins.has('release.manifest') ? sampleRelease(role) : undefined, faults);
    faults.throwIfAny();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.length > 0 ? error.faults : [error.message];
  }
}

function sampleRelease({ document }: FilledRole): Release {
  const addresses = Object.values(document.artifacts)
    .filter((artifact) => artifact.sha256 === undefined)
    .map((artifact) => artifact.from);
  return {
    name: 'sample',
    source: 'a sample',
    files: new Map(addresses.map((address) => [address, { sha256: '0'.repeat(64) }])),
  };
}

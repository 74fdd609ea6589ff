/** Owner, group and mode of what an artifact step makes. */
import type { Ownership, Stat } from '../../host/host.ts';
import type { Difference } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';

export function ownershipOf(step: ArtifactStep): Ownership {
  return { owner: step.owner, group: step.group, mode: Number.parseInt(step.mode, 8) };
}

/** Where `stat` differs from what the step wants. */
export function ownershipDifferences(step: ArtifactStep, stat: Stat): Difference[] {
  const mode = `0${stat.mode.toString(8).padStart(3, '0')}`;
  const pairs = [
    { aspect: 'owner', found: stat.owner, wanted: step.owner },
    { aspect: 'group', found: stat.group, wanted: step.group },
    { aspect: 'mode', found: mode, wanted: step.mode },
  ];
  return pairs.filter(({ found, wanted }) => found !== wanted);
}

export function drift(differences: readonly Difference[]) {
  const [first, ...others] = differences;
  return first === undefined ? undefined : { differences: [first, ...others] as const };
}

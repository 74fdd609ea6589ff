/** What differs in owner, group and mode: shared by everything that lies on a file system. */
import type { Ownership, Stat } from '../host/host.ts';
import type { Difference, Drift } from './resource.ts';

export interface Owned {
  readonly owner: string;
  readonly group: string;
  /** Octal text, four digits: '0644'. */
  readonly mode: string;
}

/** `owned` in the words of the host port. */
export function ownershipOf(owned: Owned): Ownership {
  return { owner: owned.owner, group: owned.group, mode: Number.parseInt(owned.mode, 8) };
}

/** What of owner, group and mode is not as wanted. */
export function ownershipDifferences(stat: Stat, wanted: Owned): Difference[] {
  const found: Owned = { owner: stat.owner, group: stat.group, mode: octal(stat.mode) };
  return (['owner', 'group', 'mode'] as const)
    .filter((aspect) => found[aspect] !== wanted[aspect])
    .map((aspect) => ({ aspect, found: found[aspect], wanted: wanted[aspect] }));
}

/** The drift of these differences; nothing where there are none. */
export function driftOf(differences: readonly Difference[]): Drift | undefined {
  const [first, ...rest] = differences;
  return first === undefined ? undefined : { differences: [first, ...rest] };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

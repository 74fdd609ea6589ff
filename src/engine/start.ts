/** Start: which kind of start of the machine this is, told by what the last run on its disk was made on. Pure. */
import type { PreviousRun } from './earlier-runs.ts';
import type { RunKey } from './run-key.ts';

export type StartKind =
  | 'first boot'
  | 'clone'
  | 'swapped root volume'
  | 'changed instance type'
  | 'stop and start'
  | 'resume after a crash'
  | 'reboot'
  | 'run again';

export interface Start {
  readonly kind: StartKind;
  /** By which fact, in words. */
  readonly because: string;
  /** What else is another than at the last run, in words: agent, class, release, parts of the plan. */
  readonly changes: readonly string[];
}

/**
 * Compares with the last run on this disk. Several may be true at once; the one that decides most comes first: whose disk
 * it is, which disk, which size, whether EC2 started it anew, whether the last run came to its end. A root volume that
 * was replaced by a fresh one has nothing to compare with: that is a first boot.
 */
export function classifyStart(previous: PreviousRun | undefined, now: RunKey): Start {
  if (previous === undefined) {
    return { kind: 'first boot', because: 'no run of the agent is on this disk', changes: [] };
  }
  const { key: then } = previous;
  const told = (kind: StartKind, because: string): Start => ({
    kind,
    because: `${because}${ending(previous, kind)}`,
    changes: changesBetween(then, now),
  });
  if (then.instanceId !== now.instanceId)
    return told(
      'clone',
      `the last run on this disk was of ${then.instanceId}, and this is ${now.instanceId}`,
    );
  if (bothKnown(then.rootVolume, now.rootVolume) && then.rootVolume !== now.rootVolume)
    return told(
      'swapped root volume',
      `${now.instanceId} had ${then.rootVolume} at its last run, and has ${now.rootVolume} now`,
    );
  if (then.instanceType !== now.instanceType)
    return told('changed instance type', `${then.instanceType} became ${now.instanceType}`);
  const sameBoot = then.bootId === now.bootId;
  if (bothKnown(then.pendingTime, now.pendingTime) && then.pendingTime !== now.pendingTime)
    return told(
      'stop and start',
      `EC2 started it at ${now.pendingTime}, the last run was after the start at ${then.pendingTime}${sameBoot ? '; the kernel is the same, so it was hibernated' : ''}`,
    );
  if (previous.exitCode === undefined)
    return told(
      'resume after a crash',
      sameBoot
        ? 'the last run, in this boot of the kernel, ended without a word: the agent was killed'
        : 'the last run, in an earlier boot of the kernel, ended without a word: the power or the kernel failed',
    );
  return sameBoot
    ? told('run again', 'there was a run in this boot of the kernel already')
    : told('reboot', 'the instance, its disk and its start by EC2 are those of the last run');
}

/** How the last run ended, where that is worth a word and not the reason itself. */
function ending({ exitCode }: PreviousRun, kind: StartKind): string {
  if (kind === 'resume after a crash' || exitCode === 0) return '';
  return exitCode === undefined
    ? '; the last run did not come to its end'
    : `; the last run ended with exit code ${exitCode}`;
}

function changesBetween(then: RunKey, now: RunKey): string[] {
  const changes: string[] = [];
  const change = (what: string, was: string | undefined, is: string | undefined) => {
    if (was !== is) changes.push(`${what}: ${was ?? 'none'}, now ${is ?? 'none'}`);
  };
  change('agent', then.agentVersion, now.agentVersion);
  change('class', then.class, now.class);
  change('release', then.release, now.release);
  if (then.planDigest !== now.planDigest) changes.push(`plan: ${partsBetween(then, now)}`);
  return changes;
}

const namedParts = 4;

function partsBetween({ parts: then }: RunKey, { parts: now }: RunKey): string {
  const added = Object.keys(now).filter((id) => !(id in then));
  const gone = goneParts(then, now);
  const other = Object.keys(now).filter((id) => id in then && then[id] !== now[id]);
  const told = [
    ['other', other],
    ['new', added],
    ['gone', gone],
  ] as const;
  const words = told.flatMap(([word, ids]) => (ids.length > 0 ? [`${word}: ${listed(ids)}`] : []));
  return words.join('; ') || 'the same steps, other probes or another hook';
}

/** Steps of the one that the other lacks. */
export function goneParts(then: RunKey['parts'], now: RunKey['parts']): string[] {
  return Object.keys(then).filter((id) => !(id in now));
}

/** The first few, and how many more. */
export function listed(ids: readonly string[]): string {
  const more = ids.length - namedParts;
  const first = ids.slice(0, namedParts).join(', ');
  return more > 0 ? `${first} and ${more} more` : first;
}

function bothKnown(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined;
}

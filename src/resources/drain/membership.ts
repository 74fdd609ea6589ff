/** Membership: in which target groups this node is a target, and how it stands there. */
import type { Target } from '../../aws/aws.ts';
import type { DrainWorld } from './drain-resource.ts';
import type { Targets } from './drain-step.ts';

export interface Member {
  /** Name or ARN. */
  readonly targetGroup: string;
  /** All that are this node: it may be registered with several ports. */
  readonly targets: readonly Target[];
}

/** Target groups that know the node, draining or not; `unused` is none of theirs (nothing is sent to it). */
export async function memberships(
  { targetGroups, group, ids }: Targets,
  { autoScaling, loadBalancing }: Pick<DrainWorld, 'autoScaling' | 'loadBalancing'>,
  signal: AbortSignal | undefined,
): Promise<Member[]> {
  const groups =
    targetGroups ?? (group === '' ? [] : await autoScaling.targetGroups(group, signal));
  const found = await Promise.all(
    groups.map(async (targetGroup) => {
      const all = await loadBalancing.targets(targetGroup, signal);
      const targets = all.filter(({ id, state }) => ids.includes(id) && state !== 'unused');
      return { targetGroup, targets };
    }),
  );
  return found.filter(({ targets }) => targets.length > 0);
}

/** `shop (healthy), admin (draining)` */
export function inWords(members: readonly Member[]): string {
  const one = ({ targetGroup, targets }: Member) =>
    `${nameOf(targetGroup)} (${targets.map(({ state }) => state).join(', ')})`;
  return members.map(one).join(', ');
}

/** `arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID` -> NAME */
function nameOf(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

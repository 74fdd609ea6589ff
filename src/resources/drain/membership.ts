/** Membership: with which target groups and classic load balancers this node is registered, and how it stands there. */
import type { DrainWorld } from './drain-resource.ts';
import type { Targets } from './drain-step.ts';
import type { LeftTargets } from './left-targets.ts';

export interface Member {
  /** Of the target group or load balancer. */
  readonly name: string;
  /** How the node stands there: with several ports, each of them. */
  readonly states: readonly string[];
  /** It may get new requests. */
  readonly receiving: boolean;
  /** What `leave` takes out of a target group; absent for a classic load balancer, which only a boot joins. */
  readonly leaves?: LeftTargets;
  leave(signal: AbortSignal | undefined): Promise<void>;
}

/** Those that know the node, on its way out or not; `unused` is none of theirs (nothing is sent to it). */
export async function memberships(
  targets: Targets,
  world: Pick<DrainWorld, 'autoScaling' | 'loadBalancing' | 'classicBalancing'>,
  signal: AbortSignal | undefined,
): Promise<Member[]> {
  const { group, loadBalancers } = targets;
  const targetGroups =
    targets.targetGroups ??
    (group === '' ? [] : await world.autoScaling.targetGroups(group, signal));
  const found = await Promise.all([
    ...targetGroups.map((one) => asTarget(one, targets, world.loadBalancing, signal)),
    ...loadBalancers.map((one) => asInstance(one, targets, world.classicBalancing, signal)),
  ]);
  return found.filter((member) => member !== undefined);
}

async function asTarget(
  targetGroup: string,
  { instanceId, address }: Targets,
  loadBalancing: DrainWorld['loadBalancing'],
  signal: AbortSignal | undefined,
): Promise<Member | undefined> {
  const all = await loadBalancing.targets(targetGroup, signal);
  const mine = all.filter(
    ({ id, state }) => [instanceId, address].includes(id) && state !== 'unused',
  );
  if (mine.length === 0) return undefined;
  const receiving = mine.filter(({ state }) => !state.endsWith('draining'));
  return {
    name: nameOf(targetGroup),
    states: mine.map(({ state }) => state),
    receiving: receiving.length > 0,
    leaves: { targetGroup, targets: receiving },
    leave: (until) => loadBalancing.deregister(targetGroup, receiving, until),
  };
}

async function asInstance(
  name: string,
  { instanceId }: Targets,
  classic: DrainWorld['classicBalancing'],
  signal: AbortSignal | undefined,
): Promise<Member | undefined> {
  const { state, membership } = await classic.standing(name, instanceId, signal);
  if (membership === 'none') return undefined;
  return {
    name,
    states: [membership === 'leaving' ? 'draining' : state],
    receiving: membership === 'registered',
    leave: (until) => classic.deregister(name, instanceId, until),
  };
}

/** `shop (healthy), admin (draining)` */
export function inWords(members: readonly Member[]): string {
  return members.map(({ name, states }) => `${name} (${states.join(', ')})`).join(', ');
}

/** `arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID` -> NAME */
function nameOf(targetGroup: string): string {
  return targetGroup.split('/')[1] ?? targetGroup;
}

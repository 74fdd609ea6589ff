/** Registration: the load balancers that a node outside of any group joins by itself, since no group does it for the node. Pure. */
import type { Identity } from '../identity/identity.ts';
import type { FilledRole } from '../roles/filled-role.ts';

export interface Registration {
  /** Names or ARNs. */
  readonly targetGroups: readonly string[];
  /** Names of classic load balancers. */
  readonly loadBalancers: readonly string[];
  /** Port to register with target groups; absent: that of each. */
  readonly port?: number;
  /** Longest wait until the node is healthy with all of them. */
  readonly deadlineSeconds: number;
}

/** Undefined where the role wishes none, and in a group: what the group attaches, it registers, after CONTINUE and no sooner. */
export function registrationOf(
  { document }: FilledRole,
  identity: Identity,
): Registration | undefined {
  const wish = document.lifecycle.register;
  if (wish === undefined || isInGroup(identity)) return undefined;
  return {
    targetGroups: [...new Set(wish.target_groups)],
    loadBalancers: [...new Set(wish.load_balancers)],
    ...(wish.port !== undefined && { port: wish.port }),
    deadlineSeconds: wish.deadline ?? 300,
  };
}

/** Where no tags could be read, the state that a group wants the instance in tells that there is one. */
function isInGroup({ facts, launch }: Identity): boolean {
  const state = launch?.targetLifecycleState;
  return facts.group_name !== '' || (state !== undefined && state !== 'Detached');
}

/** `target group shop, classic load balancer old-shop` */
export function registrationInWords({ targetGroups, loadBalancers }: Registration): string {
  return [
    ...targetGroups.map((one) => `target group ${one.split('/')[1] ?? one}`),
    ...loadBalancers.map((one) => `classic load balancer ${one}`),
  ].join(', ');
}

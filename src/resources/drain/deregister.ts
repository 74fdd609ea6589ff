/** The drain resource `deregister`: out of the target groups, so that the load balancer sends no new request. */
import { driftOf } from '../owned.ts';
import type { DrainResource } from './drain-resource.ts';
import type { DeregisterStep } from './drain-step.ts';
import { inWords, memberships } from './membership.ts';

export const deregister: DrainResource<DeregisterStep> = {
  async check(step, world, { signal }) {
    const receiving = (await memberships(step, world, signal))
      .map((member) => ({ ...member, targets: member.targets.filter(isNotDraining) }))
      .filter(({ targets }) => targets.length > 0);
    if (receiving.length === 0) return undefined;
    return driftOf([{ aspect: 'target', found: inWords(receiving), wanted: 'draining or gone' }]);
  },

  async apply(step, world, { signal }) {
    const members = await memberships(step, world, signal);
    await Promise.all(
      members.map(({ targetGroup, targets }) =>
        world.loadBalancing.deregister(targetGroup, targets.filter(isNotDraining), signal),
      ),
    );
  },
};

function isNotDraining({ state }: { readonly state: string }): boolean {
  return !state.endsWith('draining');
}

/** The drain resource `deregister`: out of target groups and load balancers, so that none sends a new request. */
import { driftOf } from '../owned.ts';
import type { DrainResource } from './drain-resource.ts';
import type { DeregisterStep } from './drain-step.ts';
import { inWords, memberships } from './membership.ts';

export const deregister: DrainResource<DeregisterStep> = {
  async check(step, world, { signal }) {
    const members = await memberships(step, world, signal);
    const receiving = members.filter((member) => member.receiving);
    if (receiving.length === 0) return undefined;
    return driftOf([{ aspect: 'target', found: inWords(receiving), wanted: 'draining or gone' }]);
  },

  async apply(step, world, { signal }) {
    const members = await memberships(step, world, signal);
    const receiving = members.filter((member) => member.receiving);
    await Promise.all(receiving.map((member) => member.leave(signal)));
  },
};

/** The drain resource `deregister`: out of target groups and load balancers, so that none sends a new request. */
import { messageOf } from '../../errors.ts';
import { driftOf } from '../owned.ts';
import type { DrainResource } from './drain-resource.ts';
import type { DeregisterStep } from './drain-step.ts';
import { noteLeft } from './left-targets.ts';
import { inWords, memberships } from './membership.ts';

export const deregister: DrainResource<DeregisterStep> = {
  async check(step, world, { signal }) {
    const members = await memberships(step, world, signal);
    const receiving = members.filter((member) => member.receiving);
    if (receiving.length === 0) return undefined;
    return driftOf([{ aspect: 'target', found: inWords(receiving), wanted: 'draining or gone' }]);
  },

  async apply(step, world, { signal, progress }) {
    const members = await memberships(step, world, signal);
    const receiving = members.filter((member) => member.receiving);
    // Before the call: whoever is killed in between knows what to put back, and what is still there may be put in again.
    await noteLeft(
      world.host.files,
      step.drain,
      receiving.flatMap(({ leaves }) => leaves ?? []),
    ).catch((error) => {
      const line = `not noted where to come back to, which is the instance in each target group then: ${messageOf(error)}`;
      progress({ what: 'line', line });
    });
    await Promise.all(receiving.map((member) => member.leave(signal)));
  },
};

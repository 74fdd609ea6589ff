/** The drain resource `released`: waits until no target group knows the node, when its deregistration delay is over. */
import { driftOf } from '../owned.ts';
import type { DrainResource } from './drain-resource.ts';
import type { ReleasedStep } from './drain-step.ts';
import { inWords, memberships } from './membership.ts';

/** Describing costs a call of an account's quota for each node that leaves. */
const askEveryMs = 3_000;

export const released: DrainResource<ReleasedStep> = {
  async check(step, world, { signal }) {
    const members = await memberships(step, world, signal);
    if (members.length === 0) return undefined;
    return driftOf([{ aspect: 'target', found: inWords(members), wanted: 'gone' }]);
  },

  async apply(step, world, { signal, progress }) {
    for (;;) {
      const members = await memberships(step, world, signal);
      if (members.length === 0) return;
      progress({ what: 'line', line: `still a target: ${inWords(members)}` });
      await world.sleep(askEveryMs, signal);
    }
  },
};

/** After CONTINUE: how the load balancer sees the node, told and explained while nothing waits for it any more. */
import { type Clock, deadlineSignal } from '../clock.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Host } from '../host/host.ts';
import { followBalancers } from '../lifecycle/follow-balancers.ts';
import { targetGroupBalancer } from '../lifecycle/target-group.ts';
import type { Plan } from '../plan/plan.ts';
import { askHere } from './ask-here.ts';
import type { Springs } from './springs.ts';

/** A node that is not healthy after ten minutes will not become so by being watched. */
const longestMs = 600_000;
/** Between two looks, milliseconds: a whole group may be launched at once. */
const pauseMs = 30_000;
/** How the role spells the target groups of the Auto Scaling group. */
const ofTheGroup = 'group';

export interface SeenFrom {
  readonly plan: Plan;
  readonly springs: Springs;
  readonly host: Host;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly signal: AbortSignal;
  /** Asked before anything is told: whether another boot has taken over. */
  readonly unwanted: () => Promise<boolean>;
  /** Math.random when absent. */
  readonly random?: () => number;
}

/** Never rejects: what cannot be seen is one warning. */
export async function seeInService(options: SeenFrom): Promise<void> {
  const { plan, springs, host, clock, tell, signal, unwanted, random = Math.random } = options;
  const late = new StepError('late');
  const deadline = deadlineSignal(clock, longestMs, late, signal);
  try {
    const { group, instanceId, address, region } = plan.drain;
    const { autoScaling, loadBalancing } = springs.aws(region);
    const wished = plan.targetGroups ?? [];
    const named = wished.filter((one) => one !== ofTheGroup);
    const found =
      wished.includes(ofTheGroup) && group !== ''
        ? await autoScaling.targetGroups(group, deadline.signal)
        : [];
    const ask = askHere(host, clock, deadline.signal);
    const node = { instanceId, address };
    const balancers = [...new Set([...named, ...found])].map((one) =>
      targetGroupBalancer(one, node, loadBalancing, ask),
    );
    if (balancers.length === 0) return;
    const following = { clock, tell, random, signal: deadline.signal, unwanted };
    const lagging = await followBalancers({ balancers, longestMs: pauseMs, ...following });
    if (lagging.length > 0 && !signal.aborted && !(await unwanted()))
      tell({
        type: 'warning',
        message: `the load balancer still does not send to this node, ${longestMs / 1000} s after CONTINUE; it is not looked at any longer`,
      });
  } catch (error) {
    if (!deadline.signal.aborted)
      tell({
        type: 'warning',
        message: `how the load balancer sees this node: ${messageOf(error)}`,
      });
  } finally {
    deadline.release();
  }
}

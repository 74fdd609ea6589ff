/** After CONTINUE: how the load balancer sees the node, told and explained while nothing waits for it any more. */
import { type Clock, deadlineSignal } from '../clock.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { ask } from '../health/ask.ts';
import type { Host } from '../host/host.ts';
import { followTargets } from '../lifecycle/follow-targets.ts';
import type { Plan } from '../plan/plan.ts';
import type { Springs } from './springs.ts';

/** A node that is not healthy after ten minutes will not become so by being watched. */
const longestMs = 600_000;
/** How the role spells the target groups of the Auto Scaling group. */
const ofTheGroup = 'group';

export interface SeenFrom {
  readonly plan: Plan;
  readonly springs: Springs;
  readonly host: Host;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/** Never rejects: what cannot be seen is one warning. */
export async function seeInService(options: SeenFrom): Promise<void> {
  const { plan, springs, host, clock, tell, signal } = options;
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
    const targetGroups = [...new Set([...named, ...found])];
    if (targetGroups.length === 0) return;
    const healthy = await followTargets({
      targetGroups,
      ids: [instanceId, address],
      loadBalancing,
      askHere: async (check, port) => {
        if (port === undefined || check.path === undefined) return 'not asked';
        const probe = {
          kind: 'http',
          id: 'load balancer',
          intervalSeconds: check.intervalSeconds,
          timeoutSeconds: check.timeoutSeconds,
          successes: 1,
          deadlineSeconds: check.timeoutSeconds,
          port,
          path: check.path,
          host: 'localhost',
          codes: check.codes ?? '200',
        } as const;
        const slow = new StepError(`no answer within ${check.timeoutSeconds} s`);
        const trial = deadlineSignal(clock, check.timeoutSeconds * 1000, slow, deadline.signal);
        return ask(probe, host, trial.signal)
          .then(({ detail }) => detail, messageOf)
          .finally(trial.release);
      },
      clock,
      tell,
      random: Math.random,
      signal: deadline.signal,
    });
    if (!healthy && !signal.aborted)
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

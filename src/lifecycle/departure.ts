/** What "No active Lifecycle Action found" means for an instance that leaves its group. */
import type { Circumstances, Meaning } from './meaning.ts';

/**
 * Decides by the state of the instance, as `meaningOf` does for a launch. While the load balancer drains it, an instance
 * is `Terminating`, and its hook opens after that (Auto Scaling user guide, ec2-auto-scaling-lifecycle).
 */
export function departureOf({ hook, lost, state }: Circumstances): Meaning {
  if (!state.readable)
    return lost
      ? { outcome: 'completed', because: 'the answer was lost, and no action is open any more' }
      : {
          outcome: 'not-yet',
          because: `no action is open for hook ${hook}, and the state of the instance cannot be read`,
        };
  const { lifecycle } = state;
  if (/^(InService|(Terminating|ReplacingRootVolume)(:Wait)?)$/.test(lifecycle ?? ''))
    return {
      outcome: 'not-yet',
      because: `no action is open for hook ${hook}; the instance is ${lifecycle}`,
    };
  if (lost)
    return {
      outcome: 'completed',
      because: `the answer was lost, but the instance is ${lifecycle ?? 'gone'}`,
    };
  return {
    outcome: 'already-completed',
    because: `the instance is ${lifecycle ?? 'not known to Auto Scaling any more'}: somebody else completed hook ${hook}, or it timed out`,
  };
}

/** Since when the launch hook may have been waiting for this instance. */
import type { Clock } from '../clock.ts';
import type { RunKey } from '../engine/run-key.ts';
import type { Launch } from '../identity/identity.ts';

/**
 * Monotonic milliseconds, an early bound: EC2 starts an instance, for the first time or out of a warm pool, before the hook
 * opens. Where that does not hold or is not known it is the start of the agent: a running instance that is taken out of
 * its pool waits anew without being started, and a clock that is behind EC2's tells nothing.
 */
export function waitingSince(
  launch: Launch | undefined,
  previous: Pick<RunKey, 'pendingTime' | 'targetLifecycleState'> | undefined,
  agentStartedAt: number,
  clock: Clock,
): number {
  const { pendingTime, targetLifecycleState } = launch ?? {};
  const startedAt = Date.parse(pendingTime ?? '');
  const moved =
    previous?.pendingTime === pendingTime &&
    previous?.targetLifecycleState !== targetLifecycleState &&
    previous !== undefined;
  if (Number.isNaN(startedAt) || moved) return agentStartedAt;
  return Math.min(agentStartedAt, clock.monotonic() - (clock.now() - startedAt));
}

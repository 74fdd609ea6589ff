/** Memory: what later runs on a machine must know of earlier ones, carried from journal to journal, since old journals are removed. */
import type { RunKey } from './run-key.ts';

export interface Memory {
  /** Units that would not run but for the agent, which started them (or enabled them): to be stopped when a plan lacks them. */
  readonly units: readonly string[];
  /** The last time that a launch hook was completed. */
  readonly completed?: CompletedHook;
}

/** What was sent, and in which stay: neither another instance nor another start or stay in the group is meant by it. */
export interface CompletedHook
  extends Pick<RunKey, 'instanceId' | 'pendingTime' | 'targetLifecycleState' | 'rootVolume'> {
  readonly result: 'CONTINUE' | 'ABANDON';
}

export const nothing: Memory = { units: [] };

export function completedBy(key: RunKey, result: CompletedHook['result']): CompletedHook {
  const { instanceId, pendingTime, targetLifecycleState, rootVolume } = key;
  return {
    result,
    instanceId,
    ...(pendingTime !== undefined && { pendingTime }),
    ...(targetLifecycleState !== undefined && { targetLifecycleState }),
    ...(rootVolume !== undefined && { rootVolume }),
  };
}

/**
 * What was sent in this very stay, so that nothing can wait for another signal; undefined where that is not sure. A stay
 * in a group opens the hook once: a start from a warm pool changes the pending time, leaving a pool of running
 * instances changes the target state, and a replaced root volume is launched anew. What metadata does not tell is
 * no proof.
 */
export function sentInThisStay(
  { completed }: Memory,
  key: Pick<RunKey, 'instanceId' | 'pendingTime' | 'targetLifecycleState' | 'rootVolume'>,
): CompletedHook | undefined {
  if (completed === undefined) return undefined;
  const same = (name: 'instanceId' | 'pendingTime' | 'targetLifecycleState') =>
    key[name] !== undefined && completed[name] === key[name];
  const sure = same('instanceId') && same('pendingTime') && same('targetLifecycleState');
  return sure && completed.rootVolume === key.rootVolume ? completed : undefined;
}

/** Units that earlier plans brought up and this one does not mention. */
export function leftoverUnits({ units }: Memory, { units: wanted }: RunKey): string[] {
  return units.filter((unit) => !(unit in wanted)).sort();
}

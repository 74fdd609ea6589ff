/** Follows how the load balancer sees this node after CONTINUE, until it is healthy everywhere or a bounded time is over. */
import type { HealthCheck, LoadBalancing, Target } from '../aws/aws.ts';
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Tell } from '../events.ts';
import { type Circumstances, reasonInWords } from './target-reasons.ts';

/** Far apart soon, since a whole fleet may be doing this; full jitter keeps it from doing so in step. */
const backoff = { firstMs: 2_000, longestMs: 30_000 };

export interface FollowTargetsOptions {
  /** Names or ARNs. */
  readonly targetGroups: readonly string[];
  /** What a target group may know the node by: the instance id, or its address. */
  readonly ids: readonly string[];
  readonly loadBalancing: Pick<LoadBalancing, 'targets' | 'describe'>;
  /** What the node itself answers to a health check of this port, in words. */
  readonly askHere: (check: HealthCheck, port: number | undefined) => Promise<string>;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly random: () => number;
  /** Aborted when time is up. */
  readonly signal: AbortSignal;
}

/** True once it is healthy in all of them; false when time is up. Tells each change. Throws what the port throws. */
export async function followTargets(options: FollowTargetsOptions): Promise<boolean> {
  const { targetGroups, clock, random, signal } = options;
  const told = new Map<string, string>();
  for (let tries = 1; ; tries += 1) {
    const healthy = await Promise.all(targetGroups.map((one) => look(one, told, options)));
    if (healthy.every(Boolean)) return true;
    if (signal.aborted) return false;
    await clock.sleep(500 + backoffMs(backoff, tries, random), signal).catch(() => undefined);
    if (signal.aborted) return false;
  }
}

async function look(
  targetGroup: string,
  told: Map<string, string>,
  options: FollowTargetsOptions,
): Promise<boolean> {
  const { ids, loadBalancing, tell, signal } = options;
  const all = await loadBalancing.targets(targetGroup, signal);
  const mine = all.filter(({ id }) => ids.includes(id));
  const absent: Target = { id: ids[0] ?? '', state: 'unused', reason: 'Target.NotRegistered' };
  // Of several ports the one that is not healthy tells more.
  const target = mine.find(({ state }) => state !== 'healthy') ?? mine[0] ?? absent;
  const { state, reason } = target;
  const code = `${state} ${reason ?? ''}`;
  if (told.get(targetGroup) !== code) {
    told.set(targetGroup, code);
    const because = reasonInWords(target, await circumstances(targetGroup, target, options));
    tell({
      type: 'target-health',
      targetGroup: targetGroup.split('/')[1] ?? targetGroup,
      state,
      ...(reason !== undefined && { reason }),
      because,
    });
  }
  return state === 'healthy';
}

/** What explains an unhealthy target; who may not describe the target group does without. */
async function circumstances(
  targetGroup: string,
  { state, port }: Target,
  { loadBalancing, askHere, signal }: FollowTargetsOptions,
): Promise<Circumstances> {
  if (!state.startsWith('unhealthy')) return {};
  try {
    const { check } = await loadBalancing.describe(targetGroup, signal);
    return { check, local: await askHere(check, check.port ?? port) };
  } catch (error) {
    if (signal.aborted) throw error;
    return {};
  }
}

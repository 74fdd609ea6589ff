/** Follows how load balancers see this node, until it is healthy with each or a bounded time is over. */
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Tell } from '../events.ts';
import type { Balancer, Standing } from './balancer.ts';

/** Far apart soon, since a whole fleet may be doing this; full jitter keeps it from doing so in step. */
const firstMs = 2_000;

export interface FollowBalancersOptions {
  readonly balancers: readonly Balancer[];
  /** Longest pause between two looks, milliseconds. */
  readonly longestMs: number;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly random: () => number;
  /** Aborted when time is up. */
  readonly signal: AbortSignal;
  /** Asked before anything is told: nobody wants to know any more. */
  readonly unwanted?: () => Promise<boolean>;
}

/** A balancer with which the node was not healthy in the end. */
export interface Lagging {
  readonly balancer: Balancer;
  /** Absent where it never answered. */
  readonly standing?: Standing;
}

/** Gives those with which it is not healthy when time is up: none once it is healthy with each. Tells each change. Throws what the port throws. */
export async function followBalancers(
  options: FollowBalancersOptions,
): Promise<readonly Lagging[]> {
  const { balancers, longestMs, clock, random, signal } = options;
  const seen = new Map<Balancer, Standing>();
  const lagging = () =>
    balancers
      .filter((balancer) => seen.get(balancer)?.state !== 'healthy')
      .map((balancer): Lagging => {
        const standing = seen.get(balancer);
        return { balancer, ...(standing !== undefined && { standing }) };
      });
  for (let tries = 1; ; tries += 1) {
    const told = await Promise.all(balancers.map((balancer) => look(balancer, seen, options)));
    if (lagging().length === 0 || signal.aborted || told.includes('unwanted')) return lagging();
    const pause = 500 + backoffMs({ firstMs, longestMs }, tries, random);
    await clock.sleep(pause, signal).catch(() => undefined);
    if (signal.aborted) return lagging();
  }
}

async function look(
  balancer: Balancer,
  seen: Map<Balancer, Standing>,
  { tell, signal, unwanted }: FollowBalancersOptions,
): Promise<'unwanted' | undefined> {
  const standing = await balancer.look(signal);
  const before = seen.get(balancer);
  const changed = before === undefined || codeOf(before) !== codeOf(standing);
  const because = changed ? await balancer.because(standing, signal) : '';
  if (await unwanted?.()) return 'unwanted';
  seen.set(balancer, standing);
  if (!changed) return undefined;
  const { state, reason } = standing;
  tell({
    type: 'target-health',
    targetGroup: balancer.name,
    ...(balancer.kind === 'classic load balancer' && { balancer: 'classic' as const }),
    state,
    ...(reason !== undefined && { reason }),
    because,
  });
  return undefined;
}

function codeOf({ state, reason = '', description = '' }: Standing): string {
  return `${state} ${reason} ${description}`;
}

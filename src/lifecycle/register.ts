/** Registers this node with its load balancers where it is not registered yet, and waits until it is healthy with each. */
import type { Tell } from '../events.ts';
import { type Balancer, balancerInWords } from './balancer.ts';
import { type FollowBalancersOptions, followBalancers, type Lagging } from './follow-balancers.ts';

/** As `followBalancers`. A node that is registered already is left as it is. */
export async function register(options: FollowBalancersOptions): Promise<readonly Lagging[]> {
  const { balancers, tell, signal } = options;
  tell({ type: 'registering', balancers: balancers.map(balancerInWords) });
  await Promise.all(balancers.map((balancer) => registerWith(balancer, tell, signal)));
  return followBalancers(options);
}

async function registerWith(balancer: Balancer, tell: Tell, signal: AbortSignal): Promise<void> {
  const { registered } = await balancer.look(signal);
  if (!registered) await balancer.register(signal);
  tell({ type: 'registered', balancer: balancerInWords(balancer), already: registered });
}
